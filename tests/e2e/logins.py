"""Logins from elsewhere than config.json: a file with the password, what the real `docker login` and `podman
login` keep, a credential helper, and client certificates."""

import os
import signal
import subprocess

from lab import FaultWorld, World, case, tls, wait_for
from lab.registry import docker

PASSWORD = "s3cr3t: p4ss"
IMAGES = [
    {"repository": "team/app", "tag": "old", "created": "-90d"},
    {"repository": "team/app", "tag": "new", "created": "-1d"},
]
NO_LOGIN = {"user": None, "password": None}

HELPER = """#!/bin/sh
read -r server
printf '%s: %s\\n' "$*" "$server" >>'{folder}/asked'
{script}
"""


class Logins(World):
    REGISTRY = {"auth": f"some-user:{PASSWORD}"}
    IMAGES = IMAGES

    def setUp(self):
        super().setUp()
        self.host = f"127.0.0.1:{self.registry.port}"
        self.secrets = self.program_folder / "secrets"
        self.secrets.mkdir(0o700)

    def login(self, **keys):
        """Configures these keys of registry instead of user and password."""
        self.configure({"registry": NO_LOGIN | keys})

    def write(self, name, text, mode=0o600):
        path = self.secrets / name
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    def cleaned(self):
        """A run logged in, cleaned, and told no secret."""
        self.clean("--debug", "--http-logs")
        self.exited(0)
        self.leaves("team/app", "new")
        self.kept_secret()

    def refused(self, code, *texts):
        """A run ended with that code and said so; nothing went, and no secret was told."""
        self.clean("--debug")
        self.exited(code)
        self.says(*texts)
        self.leaves("team/app", "new", "old")
        self.kept_secret()

    def kept_secret(self):
        written = [path for path in self.program_folder.iterdir() if path.is_file()]
        for text in ("s3cr3t", "c29tZS11c2Vy"):
            self.assertNotIn(text, self.output)
            for path in written:
                self.assertNotIn(text.encode(), path.read_bytes(), path)


class Files(Logins):
    @case("a password from a file; the file's name from the environment, too")
    def test_password_file(self):
        path = self.write("password", PASSWORD + "\n")
        self.login(user="some-user", password_file=path)
        self.refused_report(path)
        self.cleaned()
        self.says(f"the password of some-user is from {path}")
        self.push(IMAGES)
        self.login(user="some-user")
        self.env["CLEAN_REGISTRY_REGISTRY_PASSWORD_FILE"] = path
        self.cleaned()

    def refused_report(self, path):
        """A report would replace what it needs the next time."""
        self.run_program("--config", self.config, "--report", path)
        self.exited(2)
        self.says("is the file of registry.password_file; name another file")

    @case("a password file with a wrong password: 3; empty, or one that others can write: 2")
    def test_wrong_password_file(self):
        path = self.write("password", "s3cr3t, but wrong")
        self.login(user="some-user", password_file=path)
        self.refused(3, "refuses the credentials")
        self.write("password", "\n")
        self.refused(2, f"registry.password_file: {path}: it is empty")
        self.write("password", PASSWORD, 0o606)
        self.refused(2, "it can be written by others than its owner; run: chmod go-w")
        self.write("password", PASSWORD, 0o604)
        self.cleaned()
        self.says(f"registry.password_file: everybody can read it; run: chmod o-r {path}")
        self.run_program("check", "--config", self.config)
        self.exited(1)
        self.matches(f"^NO .*everybody can read a secret in {path}; run: chmod o-r {path}")

    @case("what the real docker login keeps, by its path and as the default")
    def test_docker(self):
        folder = self.secrets / "docker"
        # tests/run starts an engine for files that say "container".
        words = ["login", "-u", "some-user", "-p", PASSWORD, self.host]
        self.assertIn("Login Succeeded", docker("--config", str(folder), *words))
        self.login(docker_config=str(folder / "config.json"))
        self.cleaned()
        self.says(f"logs in as some-user, as {folder}/config.json has it for {self.host}")
        self.push(IMAGES)
        self.login(docker_config="default")
        self.env["DOCKER_CONFIG"] = str(folder)
        self.run_program("--config", self.config, "--report", folder / "config.json")
        self.exited(2)
        self.says("is the file of registry.docker_config; name another file")
        self.cleaned()
        # Nobody is logged in who did not ask for it.
        self.push(IMAGES)
        self.login()
        self.refused(3, "credentials")

    def podman_login(self, place):
        path = self.secrets / "auth.json"
        words = ["podman", "login", "--tls-verify=false", "--authfile", path, "-u", "some-user"]
        subprocess.run(
            [*words, "--password-stdin", place],
            input=PASSWORD.encode(),
            check=True,
            capture_output=True,
        )
        return path

    @case("what the real podman login keeps for a registry; for one namespace of it: 2")
    def test_podman(self):
        path = self.podman_login(f"{self.host}/team/app")
        self.login(docker_config=str(path))
        self.refused(2, f"its login is for {self.host}/team/app only")
        self.podman_login(self.host)
        self.cleaned()

    @case("a file without a login for this registry says how to make one: 2")
    def test_no_login(self):
        path = self.write("config.json", '{"auths": {"127.0.0.1:1": {"auth": "eDp5"}}}')
        self.login(docker_config=path)
        self.refused(
            2,
            f"registry.docker_config: {path}: it has no login for {self.host}; "
            f"run: docker login {self.host}",
        )

    @case(
        "the login of another name of the registry is taken if the configuration says that it is one"
    )
    def test_other_name(self):
        auth = '{"auths": {"registry.example.com": {"auth": "%s"}}}'
        encoded = subprocess.run(
            ["base64", "-w0"],
            input=f"some-user:{PASSWORD}".encode(),
            check=True,
            capture_output=True,
        )
        path = self.write("config.json", auth % encoded.stdout.decode())
        self.login(docker_config=path)
        self.refused(2, "it has no login for")
        self.change_config({"protect": {"registry_names": ["registry.example.com"]}})
        self.cleaned()
        self.says("has it for registry.example.com")


class Helpers(Logins):
    def helper(self, script, config=None):
        """A credential helper that does so once it has read its question."""
        programs = self.folder / "bin"
        programs.mkdir(exist_ok=True)
        path = programs / "docker-credential-lab"
        path.write_text(HELPER.format(folder=self.folder, script=script))
        path.chmod(0o755)
        self.env["PATH"] = f"{programs}:{os.environ['PATH']}"
        self.login(
            docker_config=self.write("config.json", config or '{"credsStore": "lab"}'),
        )

    def asked(self):
        return (self.folder / "asked").read_text().splitlines()

    ANSWER = '{"ServerURL": "x", "Username": "some-user", "Secret": "%s"}' % PASSWORD

    @case("a helper gets the registry's name on stdin, and its answer logs in")
    def test_store(self):
        self.helper(f"printf '%s' '{self.ANSWER}'")
        self.cleaned()
        self.assertEqual(self.asked(), [f"get: {self.host}"])
        self.says("logs in as some-user, as docker-credential-lab of")

    @case("a helper for one registry goes before the store, and that before auths")
    def test_order(self):
        config = '{"credsStore": "none", "credHelpers": {"%s": "lab"}, "auths": {"%s": {}}}'
        self.helper(f"printf '%s' '{self.ANSWER}'", config % (self.host, self.host))
        self.cleaned()

    @case("a helper that has no login is asked for the registry's other names, and then it is 2")
    def test_not_found(self):
        self.helper("echo 'credentials not found in native keychain'; exit 1")
        self.refused(2, f"docker-credential-lab has no login for {self.host}; run: docker login")
        other = f"localhost:{self.registry.port}"
        self.assertEqual(
            self.asked(), [f"get: {self.host}", f"get: {other}", f"get: [::1]:{self.registry.port}"]
        )
        self.helper(
            f"[ \"$server\" = {other} ] && printf '%s' '{self.ANSWER}' && exit; "
            "echo 'credentials not found in native keychain'; exit 1"
        )
        self.cleaned()

    @case(
        "a helper that fails, answers nonsense or is not there: 2, and nothing that it said of a login"
    )
    def test_failures(self):
        self.helper("echo 'gpg: no key'; exit 3")
        self.refused(2, "docker-credential-lab: exit status 3: gpg: no key")
        self.helper(f"printf '%s' '{self.ANSWER}'; exit 1")
        self.refused(2, "docker-credential-lab: exit status 1")
        self.helper(f"printf '%s' 'some-user {PASSWORD}'")
        self.refused(2, "docker-credential-lab: its answer is not JSON with Username and Secret")
        self.helper("""echo '{"Username": "<token>", "Secret": "s3cr3t"}'""")
        self.refused(2, "docker-credential-lab has an identity token for")
        self.helper("", '{"credsStore": "away"}')
        self.refused(2, "docker-credential-away: command not found")
        self.helper("", '{"credsStore": "../x"}')
        self.refused(2, "the name of a credential helper")

    @case("a signal ends the wait for a helper, and the helper")
    def test_signal(self):
        self.helper(f"echo $$ >'{self.folder}/pid'; exec sleep 60")
        run = self.begin()
        pid = wait_for(lambda: self.folder.joinpath("pid").exists() and self.pid_of_helper())
        run.kill(signal.SIGTERM)
        self.finish(run)
        self.exited(143)
        wait_for(lambda: not os.path.exists(f"/proc/{pid}"))

    def pid_of_helper(self):
        return (self.folder / "pid").read_text().strip()


class Certificates(FaultWorld):
    """An nginx that wants a certificate stands before the fault proxy and the registry."""

    REGISTRY = {"auth": f"some-user:{PASSWORD}"}
    IMAGES = IMAGES
    CONFIG = {}

    def setUp(self):
        super().setUp()
        clients = tls.authority("clients").pem
        more = f"ssl_client_certificate {clients}; ssl_verify_client on;"
        self.front = self.serve(tls.TlsFront(tls.certificate("own"), self.proxy.url, more))
        self.authority = str(tls.authority("own").pem)

    def at(self, pair=None, **keys):
        """The registry is behind the front, and shown that certificate."""
        shown = {"client_cert": str(pair.pem), "client_key": str(pair.key)} if pair else {}
        keys = {"url": self.front.url, "ca_cert": self.authority} | shown | keys
        self.configure({"registry": keys})

    def refused(self, code, *patterns):
        self.clean()
        self.exited(code)
        self.matches(*patterns)
        self.leaves("team/app", "new", "old")
        self.assertEqual(self.proxy.records("request"), [])

    @case("a certificate of the right authority is let in")
    def test_right(self):
        self.at(tls.certificate("clients", "DNS:me"))
        self.clean()
        self.exited(0)
        self.leaves("team/app", "new")

    @case("none, and one of another authority: 3, told apart")
    def test_wrong(self):
        self.at()
        self.refused(
            3, "a client certificate is wanted there, .*registry.client_cert and .* name one"
        )
        self.at(tls.certificate("strangers", "DNS:me"))
        self.refused(3, "the certificate in registry.client_cert is refused there")

    @case("the same where the handshake itself ends, as with Go's servers")
    def test_handshake(self):
        own, clients = tls.certificate("own"), tls.authority("clients").pem
        for version in ("-tls1_2", "-tls1_3"):
            words = ("-Verify", 1, "-verify_return_error", "-CAfile", clients, version)
            server = self.serve(tls.OpensslServer(own, *words))
            self.at(tls.certificate("strangers", "DNS:me"), url=server.url)
            self.refused(3, "the certificate in registry.client_cert is refused there")

    @case("a key that wants a passphrase, another one's, none, and one that others can write: 2")
    def test_keys(self):
        pair = tls.certificate("clients", "DNS:me")
        locked = self.folder / "locked"
        tls.openssl("pkey", "-in", pair.key, "-aes256", "-passout", "pass:s3cr3t", "-out", locked)
        self.at(pair, client_key=str(locked))
        self.refused(2, "registry.client_key: .*: it wants a passphrase")
        self.at(pair, client_key=str(tls.authority("own").key))
        self.refused(2, "it is not the key of the certificate in registry.client_cert")
        self.at(pair, client_key=str(pair.pem))
        self.refused(2, "holds no private key in PEM form")
        self.at(pair, client_cert=str(pair.key))
        self.refused(2, "registry.client_cert: .*: holds no certificate in PEM form")
        self.at(pair, client_cert="/nonexistent/cert")
        self.refused(2, "registry.client_cert: /nonexistent/cert: No such file")
        open_key = self.folder / "open"
        open_key.write_bytes(pair.key.read_bytes())
        open_key.chmod(0o666)
        self.at(pair, client_key=str(open_key))
        self.refused(2, "registry.client_key: .*: it can be written by others")

    @case("a server that says the password back: it is told to nobody, wherever it came from")
    def test_echo(self):
        path = self.folder / "password"
        path.write_text(PASSWORD)
        path.chmod(0o600)
        self.configure({"registry": {"password": None, "password_file": str(path)}})
        echo = {
            "code": 401,
            "error": PASSWORD,
            "headers": {"WWW-Authenticate": f'Basic realm="{PASSWORD}"'},
        }
        self.rules({"match": {"path": "tags/list|_catalog"}, "status": echo})
        self.clean("--debug", "--http-logs")
        self.exited(3)
        self.applied()
        self.says("the registry refuses to list its repositories: 401 ************")
        for text in (self.output, (self.program_folder / "log").read_text()):
            self.assertNotIn("s3cr3t", text)

    @case("where the registry redirects to, no certificate is shown")
    def test_redirect(self):
        config = self.registry.manifest("team/app", "old")["config"]["digest"]
        blob = self.registry.blob(config)
        other = self.serve(
            tls.TlsFront(
                tls.certificate("own"),
                self.registry.url,
                "ssl_verify_client optional_no_ca; if ($ssl_client_verify != NONE) { return 400; }"
                f" location /open {{ alias {blob}; }}",
            )
        )
        self.rules({"match": {"path": config}, "redirect": f"{other.url}/open"})
        self.at(tls.certificate("clients", "DNS:me"))
        self.clean()
        self.exited(0)
        self.applied()
        self.leaves("team/app", "new")
        answers = [line.split('" ')[1].split()[0] for line in other.accesses()]
        self.assertEqual(set(answers), {"200"})

    @case("insecure_skip_verify asks nobody whose certificate it is, and warns each time")
    def test_insecure(self):
        self.at(tls.certificate("clients", "DNS:me"), ca_cert="")
        self.refused(3, "SSL certificate problem")
        self.change_config({"registry": {"insecure_skip_verify": True}})
        for _ in range(2):
            self.clean("--dry-run")
            self.exited(0)
            self.matches(r"\[WARNING\] .*insecure_skip_verify: the registry's certificate is not")

    @case("insecure_skip_verify does not hold where the registry redirects to")
    def test_insecure_redirect(self):
        config = self.registry.manifest("team/app", "old")["config"]["digest"]
        other = self.serve(tls.TlsFront(tls.certificate("elsewhere"), self.registry.url))
        self.rules({"match": {"path": config}, "redirect": f"{other.url}/open"})
        self.at(tls.certificate("clients", "DNS:me"), ca_cert="", insecure_skip_verify=True)
        self.clean()
        self.exited(1)
        self.matches("which is not trusted here")
        self.leaves("team/app", "new", "old")
        self.assertEqual(other.accesses(), [])
