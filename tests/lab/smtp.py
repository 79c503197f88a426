"""A server of mail, in a thread of the test: it keeps what it is sent."""

import base64
import socketserver
from dataclasses import dataclass, field

from lab.threaded import Threaded, tls_context


@dataclass
class Mail:
    sender: str = ""
    recipients: list = field(default_factory=list)
    text: str = ""
    login: str = ""
    encrypted: bool = False


class Smtp(Threaded, socketserver.ThreadingTCPServer):
    """Takes mail; with `pair` it offers STARTTLS, or speaks TLS at once (`wrapped`).

    refuses: recipients that it does not know
    hangs: it greets nobody; hangs_at_quit: it takes the mail, and no leave
    login: "USER:PASSWORD" that it wants to see
    """

    allow_reuse_address = True

    def __init__(
        self, pair=None, wrapped=False, refuses=(), hangs=False, login=None, hangs_at_quit=False
    ):
        super().__init__(("127.0.0.1", 0), Session)
        self.refuses, self.hangs, self.login, self.wrapped = refuses, hangs, login, wrapped
        self.hangs_at_quit = hangs_at_quit
        self.mails = []
        self.lines = []
        self.context = tls_context(pair) if pair else None
        scheme = "smtps" if wrapped else "smtp"
        self.url = f"{scheme}://127.0.0.1:{self.server_address[1]}"
        self.begin()


class Session(socketserver.StreamRequestHandler):
    def setup(self):
        if self.server.wrapped:
            self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()
        self.mail = Mail(encrypted=self.server.wrapped)

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def read(self):
        line = self.rfile.readline().decode().rstrip("\r\n")
        self.server.lines.append(line)
        return line

    def handle(self):
        if self.server.hangs:
            self.server.over.wait()
            return
        self.say("220 sink")
        while line := self.read():
            verb, _, rest = line.partition(" ")
            if verb.upper() == "QUIT":
                if self.server.hangs_at_quit:
                    self.server.over.wait()
                self.say("221 bye")
                return
            getattr(self, f"do_{verb.lower()}", self.do_unknown)(rest)

    def do_unknown(self, _):
        self.say("502 what?")

    def do_ehlo(self, _):
        offers = ["sink"]
        if self.server.context and not self.mail.encrypted:
            offers.append("STARTTLS")
        if self.server.login:
            offers.append("AUTH PLAIN")
        for offer in offers[:-1]:
            self.say(f"250-{offer}")
        self.say(f"250 {offers[-1]}")

    def do_starttls(self, _):
        self.say("220 go ahead")
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        socketserver.StreamRequestHandler.setup(self)
        self.mail.encrypted = True

    def do_auth(self, rest):
        words = rest.split()
        if len(words) == 1:
            self.say("334 ")
            words.append(self.read())
        user, password = base64.b64decode(words[1]).split(b"\0")[1:]
        self.mail.login = f"{user.decode()}:{password.decode()}"
        good = self.mail.login == self.server.login
        self.say("235 welcome" if good else f"535 not {password.decode()}")

    def do_mail(self, rest):
        self.mail.sender = rest.partition("<")[2].partition(">")[0]
        self.say("250 ok")

    def do_rcpt(self, rest):
        address = rest.partition("<")[2].partition(">")[0]
        if address in self.server.refuses:
            self.say("550 nobody of that name")
            return
        self.mail.recipients.append(address)
        self.say("250 ok")

    def do_data(self, _):
        if not self.mail.recipients:
            self.say("503 to whom?")
            return
        self.say("354 go ahead")
        text = b""
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            text += line[1:] if line.startswith(b".") else line
        self.mail.text = text.decode()
        self.server.mails.append(self.mail)
        self.say("250 taken")
