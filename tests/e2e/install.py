"""What `make install` puts where, and that it works from there as cron and deployments call it."""

import json
import re

from lab import World, case
from lab.program import ROOT, make, merge

IMAGES = [
    {"repository": "app", "tag": "old", "created": "-90d"},
    {"repository": "app", "tag": "new", "created": "-1d"},
]
ENABLED = [
    ("timers", "clean-registry.timer"),
    ("timers", "clean-registry-verify.timer"),
    ("multi-user", "clean-registry-watch.service"),
]
# What the completion offers for these words.
COMPLETE = r"""
. "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
$(complete -p clean-registry | sed -E "s/.*-F ([^ ]+) .*/\1/") \
  clean-registry "${@: -1}" "${@: -2:1}"
printf "%s\n" "${COMPREPLY[@]}"
"""


def lines_of(text):
    """The lines that are not empty, without blanks around them."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def runs_at_times(line):
    """Whether cron would run something by that line."""
    return not re.match("#|[A-Z]+=|$", line)


class Folder(World):
    REGISTRY = None

    def setUp(self):
        super().setUp()
        self.to = self.folder / "to"
        self.share = self.to / "usr/local/share"
        self.config_file = self.to / "etc/clean-registry/config.json"
        self.cron = self.to / "etc/cron.d/clean-registry"

    def make(self, target, *variables):
        """Leaves what make said in self.output."""
        done = make(self.folder / "build", target, *variables)
        self.status, self.output = done.status, done.output
        self.exited(0)

    def install(self):
        self.make("install", f"DESTDIR={self.to}")

    def install_to_run(self):
        """Installs to a place from which it can really run, with a configuration for the registry."""
        self.make("install", f"PREFIX={self.to}/usr", f"SYSCONFDIR={self.to}/etc")
        # Its rights stay.
        self.config_file.write_text(self.config.read_text())
        self.post_deploy = self.to / "usr/share/clean-registry/post-deploy"

    def files(self):
        """All that is installed, with its rights."""
        return {
            str(path.relative_to(self.to)): f"{path.stat().st_mode & 0o7777:o}"
            for path in self.to.rglob("*")
            if path.is_file() and not path.is_symlink()
        }

    def complete(self, *words):
        """The lines that the completion offers for the last one of these words."""
        script = self.share / "bash-completion/completions/clean-registry"
        self.command("bash", "-c", COMPLETE, "-", script, *words)
        self.exited(0)
        return self.lines()


class Install(Folder):
    @case("install puts every file in its place, with its rights")
    def test_files(self):
        self.install()
        self.assertEqual(
            self.files(),
            {
                "etc/clean-registry/config.json": "640",
                "etc/cron.d/clean-registry": "644",
                "etc/logrotate.d/clean-registry": "644",
                "usr/local/sbin/clean-registry": "755",
                "usr/local/lib/systemd/system/clean-registry-verify.service": "644",
                "usr/local/lib/systemd/system/clean-registry-verify.timer": "644",
                "usr/local/lib/systemd/system/clean-registry-watch.service": "644",
                "usr/local/lib/systemd/system/clean-registry.service": "644",
                "usr/local/lib/systemd/system/clean-registry.timer": "644",
                "usr/local/share/bash-completion/completions/clean-registry": "644",
                "usr/local/share/clean-registry/config.schema.json": "644",
                "usr/local/share/clean-registry/podman.conf": "644",
                "usr/local/share/clean-registry/grafana/clean-registry.json": "644",
                "usr/local/share/clean-registry/post-deploy": "755",
                "usr/local/share/clean-registry/prometheus/clean-registry.rules.yml": "644",
                "usr/local/share/clean-registry/prometheus/clean-registry.test.yml": "644",
                "usr/local/share/clean-registry/scaleway-registry-purge": "755",
                "usr/local/share/clean-registry/scaleway-registry-purge.json": "644",
                "usr/local/share/clean-registry/scaleway.json": "644",
                "usr/local/share/man/man5/clean-registry.json.5": "644",
                "usr/local/share/man/man8/clean-registry.8": "644",
            },
        )

    def link_that_leads_nowhere(self, path):
        path.unlink()
        path.symlink_to("/nonexistent/file")

    @case("a configuration that is there is never overwritten, nor is a link that leads nowhere")
    def test_configuration(self):
        self.config_file.parent.mkdir(parents=True)
        self.config_file.write_text("mine\n")
        self.install()
        self.assertEqual(self.config_file.read_text(), "mine\n")
        self.link_that_leads_nowhere(self.config_file)
        self.install()
        self.assertEqual(str(self.config_file.readlink()), "/nonexistent/file")

    @case("a fresh install arms nothing: no line of the cron file is one that cron would run")
    def test_unarmed(self):
        self.install()
        self.says("remove the # before the last line of /etc/cron.d/clean-registry")
        lines = self.cron.read_text().splitlines()
        self.assertEqual([line for line in lines if runs_at_times(line)], [])
        self.assertEqual(len([line for line in lines if line.startswith("#17 3 ")]), 1)

    @case("an upgrade disarms nobody, and arms nobody: a cron file that is there stays as it is")
    def test_upgrade(self):
        self.cron.parent.mkdir(parents=True)
        for text in ("5 4 * * * root clean-registry --quiet\n", ""):
            self.cron.write_text(text)
            self.install()
            self.assertEqual(self.cron.read_text(), text)
        self.link_that_leads_nowhere(self.cron)
        self.install()
        self.assertEqual(str(self.cron.readlink()), "/nonexistent/file")

    @case("the untouched template is refused, by every command, and says what to edit")
    def test_template(self):
        program = self.to / "usr/local/sbin/clean-registry"
        self.install()
        commands = ("run", "plan", "collect", "usage", "verify", "why app:old", "run --dry-run")
        for command in commands:
            self.command(program, *command.split(), "--config", self.config_file)
            self.exited(2)
            self.says("config.json: registry.url: is still the template's")
        # With its address and nothing else replaced it is taken; so it is where a variable gives one.
        env = {
            "CLEAN_REGISTRY_REGISTRY_URL": "http://127.0.0.1:1",
            "CLEAN_REGISTRY_REGISTRY_RETRY_SECONDS": 0,
            "CLEAN_REGISTRY_LOG_FILE": "",
            "CLEAN_REGISTRY_PATHS_STATE": self.folder / "state",
        }
        self.command(program, "--config", self.config_file, "--dry-run", env=env)
        self.exited(3)
        template = json.loads(self.config_file.read_text())
        self.assertEqual(template["gc"]["restart"], ["docker", "restart", "{container}"])

    @case("the example configuration is one that the program accepts")
    def test_example(self):
        self.install()
        # Nothing listens where it leads, or it is no registry with these credentials.
        changes = {
            "registry": {"url": "http://127.0.0.1:1", "retry_seconds": 0},
            "log": {"file": ""},
            "paths": {"state": str(self.folder / "state")},
        }
        self.write_config(merge(json.loads(self.config_file.read_text()), changes))
        program = self.to / "usr/local/sbin/clean-registry"
        self.command(program, "--dry-run", "--config", self.config)
        self.exited(3)
        self.says("cannot be reached")

    @case("the manual pages are there for man, without a fault")
    def test_manual(self):
        self.install()
        for page in ("man8/clean-registry.8", "man5/clean-registry.json.5"):
            words = ["man", "--warnings", "-l", self.share / "man" / page]
            self.command(*words, env={"LC_ALL": "C.UTF-8"}, apart=True)
            self.exited(0)
            self.matches("clean-registry.* — ")
            self.assertEqual(self.errors, "")

    @case("the completion offers the options")
    def test_completion(self):
        self.install()
        offered = [line.rstrip(" ") for line in self.complete("clean-registry", "--d")]
        self.assertIn("--dry-run", offered)
        self.assertIn("--debug", offered)

    @case("the completion offers each command the options that it takes")
    def test_completion_of_command(self):
        self.install()
        self.assertEqual(
            self.complete("clean-registry", "usage", "--"),
            lines_of(
                """
                --config
                --quiet
                --debug
                --http-logs
                --parallel
                --json
                --top
                --tags
                --help
                --version
                --schema
                """
            ),
        )

    @case("logrotate understands its file")
    def test_logrotate(self):
        self.install()
        state = self.folder / "rotated"
        path = self.to / "etc/logrotate.d/clean-registry"
        self.command("logrotate", "--debug", "--state", state, path)
        self.exited(0)
        self.says("/var/log/clean-registry.log")
        self.keeps_quiet_of("error:")

    @case("uninstall takes all away but what is the operator's")
    def test_uninstall(self):
        self.install()
        # As `systemctl enable` does it.
        for wants, unit in ENABLED:
            link = self.to / f"etc/systemd/system/{wants}.target.wants" / unit
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(f"/usr/local/lib/systemd/system/{unit}")
        self.make("uninstall", f"DESTDIR={self.to}")
        self.assertEqual([path for path in self.to.rglob("*") if path.is_symlink()], [])
        self.assertEqual(list(self.files()), ["etc/clean-registry/config.json"])
        self.assertFalse((self.share / "clean-registry").exists())
        self.make("uninstall", f"DESTDIR={self.to}")


class Runs(Folder):
    REGISTRY = {}
    IMAGES = IMAGES

    def setUp(self):
        super().setUp()
        self.install_to_run()

    @case("post-deploy cleans, says nothing when all is well, and passes failures on")
    def test_post_deploy(self):
        self.command(self.post_deploy, "--config", self.config)
        self.exited(0)
        self.assertEqual(self.output, "")
        self.leaves("app", "new")
        self.command(self.post_deploy, "--quiet", "--config", self.config)
        self.exited(0)
        self.command(self.post_deploy, "--config", self.folder / "nothing.json")
        self.exited(2)

    @case("post-deploy finds it good when another run is at work already")
    def test_post_deploy_locked(self):
        first = self.begin_held("first")
        self.command(self.post_deploy, "--config", self.config_file)
        self.exited(0)
        self.says("another clean-registry")
        first.release()
        self.assertEqual(first.end().status, 0, first.output())

    @case("what the image for containers takes is what is installed")
    def test_image(self):
        text = (ROOT / "etc/container/Containerfile").read_text()
        taken = re.findall(r"/root-of-image/(\S+)", text)
        self.assertEqual([path for path in taken if not list(self.to.glob(path))], [])
        self.assertEqual(len(taken), 2)

    @case(
        "scaleway-registry-purge finds its program and its configuration where they are installed"
    )
    def test_scaleway_registry_purge(self):
        script = self.to / "usr/share/clean-registry/scaleway-registry-purge"
        env = {
            "REGION": "fr-par",
            "SCW_SECRET_KEY": "11111111-2222-4333-8444-555555555555",
            "SCW_API_URL": "http://127.0.0.1:1",
            "TAG_NAME_PATTERN": "(",
        }
        self.command(script, env=env, cwd="/", apart=True)
        self.exited(2)
        self.assertEqual(json.loads(self.output)["statusCode"], 500)
        self.assertIn("scaleway-registry-purge.json: ", self.errors)
        self.assertIn("TAG_NAME_PATTERN", self.errors)


class Cron(Folder):
    """In cron's environment docker must be found, too."""

    REGISTRY = {"where": "container"}
    IMAGES = IMAGES

    @case("the line for cron runs in cron's poor environment, and says nothing when all is well")
    def test_line(self):
        docker = ["docker", "-H", self.env["DOCKER_HOST"], "exec", "{container}"]
        self.configure({"registry": {"exec": docker}})
        self.install_to_run()
        text = re.sub("^#17 ", "17 ", self.cron.read_text(), flags=re.MULTILINE)
        settings = re.findall("^[A-Z]+=.*$", text, re.MULTILINE)
        [line] = [line for line in text.splitlines() if runs_at_times(line)]
        command = re.sub("^([^ ]+ +){5}root +", "", line)
        self.assertTrue(command.startswith(f"{self.to}/usr/sbin/clean-registry "), command)
        # In a crontab a percent sign would be a new line.
        self.assertNotIn("%", command)
        home = ["HOME=/root", "LOGNAME=root"]
        self.command("env", "-i", *settings, *home, "/bin/sh", "-c", command, cwd="/")
        self.exited(0)
        self.assertEqual(self.output, "")
        self.leaves("app", "new")
        self.assertIn("deleted app:old", (self.program_folder / "log").read_text())
