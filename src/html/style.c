/* The style sheet. Colours of text have a contrast of at least 4.5 to what is behind them (WCAG 2,
 * AA), in both schemes; tests/e2e/html.py has it proved. */
#include "html/style.h"

static const char *const COLOURS =
	":root{color-scheme:light dark;--paper:#fbfaf7;--card:#fff;--ink:#20242a;--soft:#5b6470;"
	"--line:#dedad1;--link:#1b5e8c;--good:#1c6b41;--warn:#855400;--bad:#a82a20;"
	"--bar:#3b7ea8;--bar2:#a9cbe0;--area:#3b7ea826}\n"
	"@media(prefers-color-scheme:dark){:root{--paper:#14171b;--card:#1b1f25;--ink:#e4e3de;"
	"--soft:#a2aab4;--line:#333941;--link:#86bfe8;--good:#74c998;--warn:#e2b566;"
	"--bad:#ff938a;--bar:#5d9fcb;--bar2:#2f536c;--area:#5d9fcb33}}\n";

static const char *const TYPE =
	"*,::before,::after{box-sizing:border-box}\n"
	"html{background:var(--paper);color:var(--ink);-webkit-text-size-adjust:100%;"
	"text-size-adjust:100%}\n"
	"body{margin:0;font:1rem/1.55 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\","
	"\"Liberation Sans\",sans-serif;overflow-wrap:anywhere}\n"
	"header,main,footer{max-width:58rem;margin:0 auto;padding:0 clamp(1rem,4vw,2.5rem)}\n"
	"h1,h2,h3{line-height:1.2;font-weight:650;letter-spacing:-.012em;text-wrap:balance}\n"
	"h1{font-size:clamp(1.5rem,1.1rem + 2vw,2.1rem);margin:.2rem 0 1.1rem}\n"
	"h2{font-size:1.3rem;margin:0 0 .9rem}\n"
	"h3{font-size:1rem;margin:1.6rem 0 .5rem}\n"
	"p{margin:0 0 .9rem;max-width:44rem}\n"
	"a{color:var(--link);text-underline-offset:.15em}\n"
	"code{font:.9em/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,\"DejaVu Sans Mono\","
	"monospace}\n"
	":focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:2px}\n"
	".soft{color:var(--soft)}\n"
	".kicker{color:var(--soft);font-size:.82rem;letter-spacing:.08em;"
	"text-transform:uppercase;margin:0}\n";

static const char *const HEAD =
	"header{padding-top:clamp(1.5rem,5vw,3.2rem)}\n"
	".verdict{border-left:.3rem solid;padding:.1rem 0 .1rem 1rem;font-size:1.12rem;"
	"max-width:44rem;margin:0 0 1.6rem}\n"
	".verdict strong{font-weight:650}\n"
	".good{border-color:var(--good)}.warn{border-color:var(--warn)}"
	".bad{border-color:var(--bad)}\n"
	".good strong{color:var(--good)}.warn strong{color:var(--warn)}"
	".bad strong{color:var(--bad)}\n"
	".figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.6rem,1fr));gap:1px;"
	"margin:0 0 1.6rem;background:var(--line);border:1px solid var(--line);"
	"border-radius:.5rem;overflow:hidden}\n"
	".figures div{background:var(--card);padding:.8rem 1rem;display:flex;"
	"flex-direction:column}\n"
	".figures dt{color:var(--soft);font-size:.85rem;order:2}\n"
	".figures dd{margin:0;font-size:1.5rem;font-weight:600;line-height:1.25;"
	"letter-spacing:-.02em;font-variant-numeric:tabular-nums}\n"
	".facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));"
	"gap:.5rem 2rem;margin:0 0 1.4rem;font-size:.9rem}\n"
	".facts dt{color:var(--soft)}.facts dd{margin:0}\n"
	"nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.3rem;padding:.8rem 0 0;"
	"margin:0;border-top:1px solid var(--line);font-size:.95rem}\n"
	"nav a{display:inline-block;padding:.15rem 0}\n";

static const char *const BODY =
	"section{margin:2.6rem 0 0;scroll-margin-top:1rem}\n"
	"ul.list{list-style:none;padding:0;margin:0 0 1rem}\n"
	"ul.list li{border-top:1px solid var(--line);padding:.5rem 0}\n"
	"ul.list li:last-child{border-bottom:1px solid var(--line)}\n"
	".mark{font-weight:650;font-size:.85rem;margin-right:.5rem}\n"
	".mark.error{color:var(--bad)}.mark.warning{color:var(--warn)}\n"
	".scroll{overflow-x:auto;margin:0 0 1rem}\n"
	"table{border-collapse:collapse;width:100%;font-size:.94rem}\n"
	"caption{text-align:left;color:var(--soft);font-size:.87rem;padding:0 0 .35rem}\n"
	"th,td{text-align:left;vertical-align:top;padding:.42rem .9rem .42rem 0;"
	"border-bottom:1px solid var(--line)}\n"
	"th:last-child,td:last-child{padding-right:0}\n"
	"thead th{font-size:.82rem;font-weight:600;color:var(--soft);vertical-align:bottom}\n"
	"tbody th{font-weight:400}\n"
	".n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}\n"
	".d{white-space:nowrap;font-variant-numeric:tabular-nums}\n"
	"tfoot th,tfoot td{border-bottom:0;color:var(--soft);font-weight:400}\n"
	"details{border-top:1px solid var(--line)}\n"
	"details:last-of-type{border-bottom:1px solid var(--line)}\n"
	"summary{cursor:pointer;padding:.55rem 0}\n"
	"summary .many{color:var(--soft);font-size:.92em;margin-left:.5rem;white-space:nowrap}\n"
	"details[open]>summary{font-weight:600}\n"
	"details>.scroll{margin:0;padding-left:1.1rem}\n"
	"details>p{padding-left:1.1rem;font-size:.92rem}\n"
	"pre{background:var(--card);border:1px solid var(--line);border-radius:.4rem;"
	"padding:.6rem .9rem;margin:0 0 .9rem;overflow-x:auto;white-space:pre-wrap}\n";

static const char *const CHARTS =
	".bar{display:flex;height:.5rem;margin-top:.3rem;border-radius:.25rem;overflow:hidden;"
	"background:var(--line)}\n"
	".bar i{background:var(--bar)}.bar i+i{background:var(--bar2)}\n"
	".key{display:inline-block;width:.8em;height:.8em;border-radius:.2em;"
	"background:var(--bar);vertical-align:-.05em;margin-right:.35em}\n"
	".key.two{background:var(--bar2)}\n"
	"figure{margin:0 0 1rem}\n"
	"figcaption{color:var(--soft);font-size:.87rem;margin-bottom:.6rem}\n"
	".plot{display:grid;grid-template-columns:auto 1fr;gap:0 .6rem}\n"
	".plot svg{display:block;width:100%;height:13rem;overflow:visible}\n"
	".y,.x{display:flex;justify-content:space-between;color:var(--soft);font-size:.8rem;"
	"font-variant-numeric:tabular-nums;line-height:1}\n"
	".y{flex-direction:column;align-items:flex-end;margin:-.4rem 0}\n"
	".x{grid-column:2;padding-top:.55rem}\n"
	".grid,.line,.dot{fill:none;vector-effect:non-scaling-stroke}\n"
	".grid{stroke:var(--line);stroke-width:1}\n"
	".area{fill:var(--area)}\n"
	".line{stroke:var(--bar);stroke-width:2;stroke-linejoin:round}\n"
	".dot{stroke:var(--bar);stroke-width:6;stroke-linecap:round}\n"
	"footer{margin-top:3rem;padding-top:1rem;padding-bottom:3rem;color:var(--soft);"
	"font-size:.87rem}\n"
	"footer p{border-top:1px solid var(--line);padding-top:1rem;max-width:none}\n";

/* Paper has no folded parts, and no ink for backgrounds but those of bars. */
static const char *const MEDIA =
	"@media(max-width:36rem){table{font-size:.87rem}th,td{padding-right:.55rem}"
	"details>.scroll,details>p{padding-left:0}.figures{grid-template-columns:1fr 1fr}"
	".figures dd{font-size:1.25rem}.plot svg{height:10rem}}\n"
	"@media(prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}\n"
	"@media print{:root{color-scheme:light;--paper:#fff;--card:#fff;--ink:#000;--soft:#444;"
	"--line:#bbb;--link:#000;--good:#1c6b41;--warn:#855400;--bad:#a82a20;--bar:#3b7ea8;"
	"--bar2:#a9cbe0;--area:#3b7ea826}\n"
	"body{font-size:10pt}header,main,footer{max-width:none;padding-left:0;padding-right:0}\n"
	"nav{display:none}section{margin-top:1.6rem}h2,h3,summary,caption{break-after:avoid}\n"
	"tr,li,figure,.figures,.verdict{break-inside:avoid}thead{display:table-header-group}\n"
	"details::details-content{content-visibility:visible;display:block;height:auto}\n"
	"summary{list-style:none}.scroll,pre{overflow:visible}\n"
	".bar,.key{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n"
	"@page{margin:1.6cm}\n";

void html_style(FILE *out)
{
	fprintf(out, "<style>\n%s%s%s%s%s%s</style>\n", COLOURS, TYPE, HEAD, BODY, CHARTS, MEDIA);
}
