"""The native collector where its figures and its knowledge of the storage could be false: other names of
the files, no grace, a storage that was replaced."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from lab import case, program, tree, wait_for
from lab.native import NativeWorld


class Edges(NativeWorld):
    IMAGES = [
        {
            "repository": "app",
            "tag": "old",
            "created": "-90d",
            "layers": ["own:41000", "base:9000"],
        },
        {"repository": "app", "tag": "new", "created": "-1d", "layers": ["base:9000", "more:500"]},
    ]

    def storage(self):
        return self.report()["storage"]

    def told(self):
        return self.report()["garbage_collection"]["native"]

    def back_up(self):
        """With hard links, as `cp -al` does."""
        subprocess.run(["cp", "-al", self.registry.store, self.folder / "backup"], check=True)


class Figures(Edges):
    def is_true(self, freed):
        self.assertEqual(self.storage()["freed_bytes"], freed)
        self.assertEqual(self.storage()["forecast_bytes"], freed)

    @case(
        "files with other names, as a backup makes them: forecast is freed, and it is told; trash as well"
    )
    def test_hard_links(self):
        self.native({"gc": {"trash_days": 1}})
        self.night()
        taken = self.told()["detached_bytes"]
        self.back_up()
        self.night()
        self.assertEqual(self.told()["trash_bytes"], taken)
        self.is_true(0)
        self.native()
        self.exits(0)
        self.is_true(taken)
        self.says("3 of the removed files have other names (hard links")

    def read_only(self):
        text = Path(self.registry.config).read_text()
        self.registry.write_config(
            text.replace("readonly: {enabled: false}", "readonly: {enabled: true}")
        )
        self.registry.restart()
        self.native({"gc": {"grace_hours": 0}})

    def collects_at_once(self):
        self.exits(0, "collect", "--dry-run")
        forecast = self.storage()["forecast_bytes"]
        self.assertGreater(forecast, 41000)
        self.assertEqual(self.storage()["forecast_later_bytes"], 0)
        self.exits(0, "collect")
        self.is_true(forecast)
        self.assertEqual(self.told()["detached_blobs"], 0)
        self.assertNotIn("can go from", self.output)

    @case("without a grace the forecast is what this run frees, and nothing goes later")
    def test_no_grace(self):
        self.registry.delete("app", self.digest("app:old"))
        self.read_only()
        self.collects_at_once()

    @case("without a grace what earlier runs took the links of goes, too")
    def test_no_grace_after_one(self):
        self.night()
        self.read_only()
        self.collects_at_once()


class Unreadable(Edges):
    @case("a blob in a folder of somebody else stays and is named once, exit 1; the others go")
    def test_owner(self):
        manifest = self.registry.manifest("app", "old")
        own, config = manifest["layers"][0]["digest"], manifest["config"]["digest"]
        os.chown(self.registry.blob(own).parent, 12345, 12345)
        self.night(1)
        self.night(1, "collect")
        message = "1 blob could not be looked at, and stays: blob " + own
        self.assertEqual(self.output.count(message), 1, self.story())
        self.assertEqual([self.is_stored(own), self.is_stored(config)], [True, False])
        self.assertEqual(self.links(own), ["app"])


class Replaced(Edges):
    @case(
        "a storage that was restored: what the journal says is of another one; exit 4, also in a dry run"
    )
    def test_replaced(self):
        self.night()
        v2 = self.registry.v2
        shutil.copytree(v2, f"{v2}.copy", symlinks=True)
        v2.rename(f"{v2}.before")
        Path(f"{v2}.copy").rename(v2)
        shutil.rmtree(f"{v2}.before")
        self.registry.restart()
        self.ages()
        before = tree(self.registry.store)
        for words in (("collect", "--dry-run"), ("collect",), ()):
            self.run_program(*words, "--config", self.config, "--report", self.report_path)
            self.exited(4)
            self.says("is about ", "collector")
        self.run_program("check", "--config", self.config)
        self.exited(1)
        self.says("is about ")
        self.assertEqual(tree(self.registry.store), before)


class Unset(Edges):
    @case(
        "killed, and then paths.host_storage is taken out: what cannot be put back is told, exit 4"
    )
    def test_unset(self):
        self.ages()
        run = self.begin_command(program.PROGRAM, "--config", self.config)
        wait_for(lambda: "links were taken" in run.output())
        run.kill(signal.SIGKILL)
        self.finish(run)
        self.native({"paths": {"host_storage": ""}, "gc": {"method": "registry"}})
        for words, code in (((), 4), (("--dry-run",), 4), (("recover",), 4), (("check",), 1)):
            self.run_program(*words, "--config", self.config)
            self.exited(code)
            self.says("links of layers of ", "while paths.host_storage is not set")
        self.native()
        self.run_program("recover", "--config", self.config)
        self.exited(0)
        self.says("put back what an interrupted collection took: 2 links")
