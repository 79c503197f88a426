"""What is held between the plan and the deletes stays: decisions may only shrink (S6)."""

import hashlib
import os

from lab import FaultWorld, case


class Holds(FaultWorld):
    IMAGES = [
        {"repository": "app", "tag": "old-1", "created": "-90d"},
        {"repository": "app", "tag": "old-2", "created": "-91d"},
        {"repository": "app", "tag": "old-3", "created": "-92d"},
        {"repository": "app", "tag": "new", "created": "-1d"},
    ]
    CONFIG = {"registry": {"timeout": 10}}
    FIRST_DELETE = {"method": "DELETE", "path": "app/manifests/sha256:"}

    def meanwhile(self, match, after, action):
        """Calls action() before the proxy passes such a request on."""
        self.rules(
            {
                "match": match,
                "after": after,
                "times": 1,
                "continue": True,
                "call": lambda _: action(),
            }
        )

    def change_hold(self, verb, tag):
        self.run_program(verb, f"app:{tag}", "--config", self.config)
        self.exited(0)

    def find_holds(self):
        """The file of what is held."""
        self.change_hold("hold", "new")
        self.change_hold("release", "new")
        return next(self.state.glob("*/holds"))

    def hold_file(self, holds, *tags):
        """An action that holds these tags of app, as the program would: the proxy waits for it, so it must
        not ask the proxy."""

        def act():
            lines = [f"1780000000 0 alice app:{tag} \n" for tag in tags]
            body = "clean-registry list of holds 1\n" + "".join(lines)
            fresh = self.folder / "body"
            fresh.write_text(f"{body}sha256:{hashlib.sha256(body.encode()).hexdigest()}\n")
            fresh.chmod(0o600)
            os.rename(fresh, holds)

        return act

    def old_tags(self):
        return [tag for tag in self.registry.tags("app") if "old" in tag]

    @case("what is held while a repository is looked at again stays")
    def test_look(self):
        scans = 1 if self.SOURCE == "api" else 0
        action = self.hold_file(self.find_holds(), "old-2")
        self.meanwhile({"path": "app/tags/list"}, scans, action)
        self.exits(0)
        self.applied()
        self.leaves("app", "new", "old-2")
        self.assertRegex(self.tag("app", "old-2"), "^changed")
        self.pulls("app", "old-2")

    @case("what is held while the first manifest is deleted stays")
    def test_delete(self):
        action = self.hold_file(self.find_holds(), "old-1", "old-2", "old-3")
        self.meanwhile(self.FIRST_DELETE, 1, action)
        self.exits(0)
        self.applied()
        self.says("what is held has changed; it is looked at again")
        self.assertEqual(len(self.old_tags()), 2)

    @case("a file of holds that breaks between the plan and the deletes stops them")
    def test_broken(self):
        holds = self.find_holds()

        def break_it():
            with open(holds, "a", encoding="ascii") as file:
                file.write("x\n")

        self.meanwhile(self.FIRST_DELETE, 1, break_it)
        self.exits(1)
        self.applied()
        self.matches("holds: damaged.*what is held is not known, so nothing is deleted")
        self.assertEqual(len(self.old_tags()), 2)

    @case("what is held after a run was cut is not deleted by the next")
    def test_cut(self):
        self.rules({"match": self.FIRST_DELETE, "after": 1, "status": 500})
        self.exits(1)
        self.assertNotEqual(self.owed(), [])
        self.rules()
        for tag in ("old-1", "old-2", "old-3"):
            self.change_hold("hold", tag)
        self.exits(0)
        self.leaves("app", "new", "old-1", "old-2", "old-3")
        self.change_hold("release", "old-1")
        self.exits(0)
        self.leaves("app", "new", "old-2", "old-3")
