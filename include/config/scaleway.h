/* Where Scaleway's API is. */
#ifndef CONFIG_SCALEWAY_H
#define CONFIG_SCALEWAY_H

/* What registry.url is with KIND_SCALEWAY: the base of the registry's API at URL, in REGION. The
 * caller's; NULL: URL is none that a configuration may have. */
char *config_scaleway_base(const char *url, const char *region);

#endif
