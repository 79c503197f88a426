"""Mail of what became of a run: to a server, encrypted or not, and through a command."""

import email
import email.policy
import json
import re
import shutil
import time

from lab import World, case
from lab.registry import free_port
from lab.smtp import Smtp
from lab.tls import authority, certificate

IMAGES = [
    {"repository": "app", "tag": "old", "created": "-90d"},
    {"repository": "app", "tag": "new", "created": "-1d"},
]
PASSWORD = "p4ssw0rd-0f-the-ma1l"


class Mailed(World):
    IMAGES = IMAGES

    def sink(self, **options):
        return self.serve(Smtp(**options))

    def mail(self, **item):
        """Configures one mail to a sink, or a command."""
        base = {
            "type": "mail",
            "on": "always",
            "from": "cleaner@registry.example",
            "to": ["ops@example.org", "boss@example.org"],
        }
        self.configure({"notify": [base | item]})

    def parsed(self, text):
        return email.message_from_string(text, policy=email.policy.default)

    def words(self, parsed):
        return parsed.get_body(("plain",)).get_content()

    def attached(self, parsed):
        """The report in a mail, or None."""
        found = [(part.get_filename(), part.get_content()) for part in parsed.iter_attachments()]
        if not found:
            return None
        ((name, report),) = found
        self.assertEqual(name, "report.json")
        return json.loads(report)

    def no_secret(self):
        for text in (self.output, (self.program_folder / "log").read_text()):
            self.assertNotIn(PASSWORD, text)

    @case("a server gets a mail that says what was done, to each address")
    def test_plain(self):
        sink = self.sink()
        self.mail(server=sink.url, starttls="never")
        self.exits(0)
        (mail,) = sink.mails
        self.assertEqual(mail.sender, "cleaner@registry.example")
        self.assertEqual(mail.recipients, ["ops@example.org", "boss@example.org"])
        self.assertNotIn("\n", mail.text.replace("\r\n", ""))
        parsed = self.parsed(mail.text)
        place = self.registry.url.split("://")[1]
        self.assertRegex(
            parsed["Subject"],
            rf"^clean-registry: {re.escape(place)}: 1 tag deleted, .* freed, 1 tag whole$",
        )
        self.assertEqual(parsed["To"], "ops@example.org, boss@example.org")
        self.assertEqual(parsed["Auto-Submitted"], "auto-generated")
        self.assertTrue(parsed["Message-ID"].endswith("@registry.example>"))
        self.assertIsNotNone(parsed["Date"].datetime.tzinfo)
        self.assertIn(f"registry:  {self.registry.url}", self.words(parsed))
        report = self.attached(parsed)
        self.assertEqual(report["tags"], self.report()["tags"])
        self.assertEqual(report["exit_code"], 0)
        for line in mail.text.splitlines():
            self.assertLessEqual(len(line), 998)

    @case("a report that is too large is not attached, and the mail says so")
    def test_large(self):
        names = [f"{number:04d}-" + "x" * 100 for number in range(1200)]
        image = {"repository": "many", "created": "-2d"}
        self.write_images([image | {"tag": names[0], "id": "one"}])
        tags = self.registry.manifests("many") / "tags"
        for name in names[1:]:
            shutil.copytree(tags / names[0], tags / name)
        sink = self.sink()
        self.mail(server=sink.url, starttls="never")
        self.exits(0)
        parsed = self.parsed(sink.mails[0].text)
        self.assertIsNone(self.attached(parsed))
        self.assertRegex(self.words(parsed), r"\nThe report is not attached, as it has .* [KM]iB; ")

    @case("with STARTTLS and TLS the login is sent encrypted; without STARTTLS nothing is said")
    def test_encrypted(self):
        pair, login = certificate("mail"), f"u:{PASSWORD}"
        ca = str(authority("mail").pem)
        for wrapped in (False, True):
            with self.subTest(wrapped=wrapped):
                sink = self.sink(pair=pair, wrapped=wrapped, login=login)
                self.mail(server=sink.url, ca_cert=ca, user="u", password=PASSWORD)
                self.exits(0)
                (mail,) = sink.mails
                self.assertEqual((mail.login, mail.encrypted), (login, True))
        bare = self.sink(login=login)
        self.mail(server=bare.url, ca_cert=ca, user="u", password=PASSWORD)
        self.exits(0)
        self.says(f"[WARNING] notify[0]: {bare.url}: ")
        self.says("it offers no STARTTLS: nothing was sent")
        self.assertEqual(bare.mails, [])
        self.assertFalse([line for line in bare.lines if line.startswith(("AUTH", "MAIL"))])
        # Its certificate is not trusted.
        sink = self.sink(pair=pair)
        self.mail(server=sink.url)
        self.exits(0)
        self.says("SSL certificate problem")
        self.assertEqual(sink.mails, [])
        self.no_secret()

    @case("the password can be in a file; a refusal that echoes it is told without it")
    def test_password_file(self):
        path = self.folder / "password"
        path.write_text(f"{PASSWORD}\n")
        path.chmod(0o600)
        sink = self.sink(login=f"u:{PASSWORD}")
        item = {"server": sink.url, "starttls": "never", "user": "u"}
        self.mail(**item, password_file=str(path))
        self.exits(0)
        self.assertEqual(sink.mails[0].login, f"u:{PASSWORD}")
        sink.login = "u:other"
        self.exits(0)
        self.says(f"[WARNING] notify[0]: {sink.url}: it refuses the login: 535 not ***")
        self.assertEqual(len(sink.mails), 1)
        path.unlink()
        self.exits(0)
        self.says("notify[0].password_file: ", "No such file or directory")
        self.no_secret()

    @case("a server that hangs, is not there, or knows nobody is a warning in time")
    def test_faults(self):
        hangs, refuses = self.sink(hangs=True), self.sink(
            refuses=("ops@example.org", "boss@example.org")
        )
        for url in (hangs.url, refuses.url, f"smtp://127.0.0.1:{free_port()}"):
            with self.subTest(url):
                self.mail(server=url, starttls="never", timeout=1)
                began = time.monotonic()
                self.exits(0)
                self.assertLess(time.monotonic() - began, 10)
                self.says(f"[WARNING] notify[0]: {url}: ")

    @case("one address that is not known keeps it from nobody else")
    def test_one_unknown(self):
        sink = self.sink(refuses=("ops@example.org",))
        self.mail(server=sink.url, starttls="never")
        self.exits(0)
        self.assertEqual(sink.mails[0].recipients, ["boss@example.org"])
        refused = "refused for ops@example.org (550 nobody of that name)"
        self.says(f"[WARNING] notify[0]: {sink.url}: sent, but {refused}")
        sink.refuses = ("ops@example.org", "boss@example.org")
        self.exits(0)
        self.says(f"{refused[:-1]}), boss@example.org (550 nobody of that name)")
        self.keeps_quiet_of("sent, but")

    @case("a server that took the mail and hangs when it is left holds nobody; the mail was told")
    def test_hangs_at_quit(self):
        sink = self.sink(hangs_at_quit=True)
        self.mail(server=sink.url, starttls="never")
        began = time.monotonic()
        self.exits(0)
        self.assertLess(time.monotonic() - began, 15)
        self.assertEqual(len(sink.mails), 1)
        self.says("notify[0] was told")
        self.assertIn("QUIT", sink.lines)

    @case("a command gets the mail on its standard input: msmtp -t")
    def test_command(self):
        sink, settings = self.sink(), self.folder / "msmtprc"
        port = sink.server_address[1]
        settings.write_text(f"account default\nhost 127.0.0.1\nport {port}\ntls off\n")
        settings.chmod(0o600)
        self.mail(command=["msmtp", f"--file={settings}", "-t", "--read-envelope-from"])
        self.exits(0)
        (mail,) = sink.mails
        self.assertEqual(mail.recipients, ["ops@example.org", "boss@example.org"])
        self.assertIn("exit code: 0", self.words(self.parsed(mail.text)))
        self.mail(command=["false"])
        self.exits(0)
        self.says("[WARNING] notify[0]: false: exit status 1")

    @case("a dry run sends no mail")
    def test_dry_run(self):
        sink = self.sink()
        self.mail(server=sink.url, starttls="never")
        self.exits(0, "--dry-run")
        self.assertEqual(sink.lines, [])
