"""What can go wrong while tags are deleted from Scaleway's registry: nothing goes that was to stay."""

from lab import case
from lab.scaleway_world import ScalewayWorld


class Deletes(ScalewayWorld):
    TAGS = {"team/app": "old-1 old-2"}

    @case("old tags go, and are seen gone; young ones stay")
    def test_plain(self):
        self.stand.add_tag("team/app", "new", created="-1d")
        self.exits(0)
        self.has(**{"team/app": "new"})


