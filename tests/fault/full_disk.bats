#!/usr/bin/env bats
# A disk that is full to the last byte, with the state, the log, the report and the registry's storage on
# it: the run that frees it is not stopped by it, and deletes nothing that it could not write down (S12).

load world

setup() {
  disk=$BATS_TEST_TMPDIR/disk
  mkdir "$disk"
  mount -t tmpfs -o size=16m,mode=755 tmpfs "$disk"
  export PROGRAM_DIR=$disk/program
  registry_start_host "$disk/registry" --cache none
  world_proxy
}

teardown() {
  local failed=0
  [ -n "$BATS_TEST_COMPLETED" ] || printf 'exit %s\n%s\n' "${status-}" "${output-}"
  fault_stop || failed=1
  registry_stop "$disk/registry"
  umount -l "$disk" || failed=1
  return "$failed"
}

# Two tags of 2 MiB that go, one of them with a part of its own, and what stays.
large_images() {
  cat <<'JSON'
[ {"repository": "team/app", "tag": "old", "created": "-90d", "layers": ["big:2000000"]},
  {"repository": "team/app", "tag": "multi", "kind": "index", "created": "-90d",
    "platforms": ["linux/amd64", "linux/arm64"]},
  {"repository": "team/app", "tag": "new", "created": "-1d"},
  {"repository": "other", "tag": "old", "created": "-80d", "layers": ["large:2000000"]},
  {"repository": "other", "tag": "new", "created": "-2d"} ]
JSON
}

fill() {
  rm -f "$disk/program/report.json"
  head -c 32M /dev/zero >"$disk/ballast" 2>/dev/null || true
  ! head -c 4097 /dev/zero >"$disk/more" 2>/dev/null
  rm "$disk/more"
  head -c 4096 /dev/zero >>"$disk/ballast" 2>/dev/null || true
}

reserve() {
  stat -c '%s %b' "$disk"/program/state/*/reserve
}

# As the run before left it.
has_reserve() {
  [ "$(reserve)" = '1048576 2048' ]
}

has_no_reserve() {
  ! reserve 2>/dev/null
}

world_is_clean() {
  world_tags team/app new
  world_tags other new
  pull_whole team/app new
  pull_whole other new
  [ -z "$(program_owed)" ]
}

@test "a good run makes a reserve; on a full disk the next one lives on it, and makes it anew" {
  world_push "$(large_images)"
  program_run
  world_exits 0
  has_reserve
  world_push "$(large_images)"
  fill
  program_run
  world_exits 0
  world_is_clean
  registry_lacks team/app "$(world_digest team/app:multi/linux/arm64)"
  [ "$(program_report .garbage_collection.ran)" = true ]
  has_reserve
}

@test "what scans remember is given up before the reserve, and written again at the end" {
  world_push "$(large_images)"
  program_run
  world_exits 0
  [ -s "$(echo "$disk"/program/state/*/cache)" ]
  world_push "$(large_images)"
  # The cache is larger than all that has to be written.
  head -c 300000 /dev/zero >"$(echo "$disk"/program/state/*/cache)"
  fill
  inode=$(stat -c %i "$disk"/program/state/*/reserve)
  program_run
  world_exits 0
  world_is_clean
  [ "$(stat -c %i "$disk"/program/state/*/reserve)" = "$inode" ]
  grep -q '^clean-registry cache' "$disk"/program/state/*/cache
}

@test "what scans remember is written last: it is not there yet when the debts are" {
  world_push "$(large_images)"
  fault_rules '[{"match": {"method": "DELETE", "path": "sha256"}, "after": 1, "times": 1, "continue": true,
    "run": {"command": "cd '"$disk"'/program/state/* && grep -q ^owe debts && ! [ -e cache ]", "when": "before"}}]'
  program_run
  world_applied
  world_exits 0
  [ -s "$(echo "$disk"/program/state/*/cache)" ]
}

@test "a run that has only to collect needs no more than the reserve" {
  world_push "$(large_images)"
  world_config '{"gc": {"when": "never"}}'
  program_run
  world_exits 0
  has_reserve
  world_config '{"gc": {"when": "deleted"}}'
  rm -f "$disk"/program/state/*/cache
  fill
  program_run
  world_exits 0
  world_is_clean
  [ "$(program_report .garbage_collection.blobs_deleted)" -gt 0 ]
  has_reserve
  # So does the verb.
  rm "$disk/ballast"
  world_push "$(large_images)"
  world_config '{"gc": {"when": "never"}}'
  program_run
  world_exits 0
  rm -f "$disk"/program/state/*/cache
  fill
  world_config '{}'
  program_run collect
  world_exits 0
  world_is_clean
  has_reserve
}

@test "without a reserve: exit 2, nothing is sent, and what to do is told" {
  world_push "$(large_images)"
  program_run --dry-run
  world_exits 0
  rm -rf "$disk"/program/state
  mkdir -m 700 "$disk/program/state"
  world_remember team/app other
  fill
  program_run
  world_exits 2
  world_says 'No space left on device; paths.state and the registry.s storage share this full disk: free 1 MiB'
  world_unchanged team/app other
  [ "$(fault_count DELETE .)" -eq 0 ]
  # Where the storage is not known here.
  world_config '{"paths": {"host_storage": ""}}'
  fill
  program_run
  world_exits 2
  world_says 'if the registry.s storage is on the same disk'
  # And where it is elsewhere.
  mkdir "$BATS_TEST_TMPDIR/elsewhere"
  world_config '{"paths": {"host_storage": "'"$BATS_TEST_TMPDIR/elsewhere"'"}}'
  fill
  program_run
  world_exits 2
  world_says 'the registry.s storage is on another disk'
  # What it says, done.
  world_config '{}'
  truncate -s -1M "$disk/ballast"
  program_run
  world_exits 0
  world_is_clean
  has_reserve
}

@test "a disk that fills while it deletes: what was begun is finished with the reserve" {
  world_push "$(large_images)"
  program_run
  world_exits 0
  world_push "$(large_images)"
  # Before the first DELETE that is no probe; the journal was opened long before.
  fault_rules '[{"match": {"path": "tags/list", "method": "GET"}, "after": 2, "times": 1, "continue": true,
    "run": {"command": "head -c 32M /dev/zero >'"$disk"'/ballast 2>/dev/null || true", "when": "before"}}]'
  program_run
  world_applied
  world_exits 0
  world_is_clean
  has_reserve
}

@test "a disk that stays full: nothing goes that cannot be written down, and the next run has no reserve" {
  local foreign=$BATS_TEST_TMPDIR/foreign
  # The storage is on another disk: nothing that is collected frees this one.
  registry_stop "$disk/registry"
  fault_stop proxy
  registry_start_host "$foreign" --cache none
  world_proxy
  world_push
  program_run
  world_exits 0
  world_push
  rm "$disk"/program/state/*/cache
  fill
  # Somebody takes the room at once that was given up.
  fault_rules '[{"match": {"method": "DELETE"}, "times": 1, "continue": true,
    "run": {"command": "head -c 32M /dev/zero >>'"$disk"'/ballast 2>/dev/null || true", "when": "before"}}]'
  program_run
  world_applied
  world_exits 1
  world_says 'the next run has no reserve for a full disk: .*/reserve: No space left on device'
  has_no_reserve
  rm "$disk/ballast"
  fault_clear
  program_run
  world_exits 0
  world_is_clean
  has_reserve
  registry_stop "$foreign"
}

@test "no inode is left: a report that cannot be begun is tried again at the end" {
  world_push "$(large_images)"
  program_run
  world_exits 0
  world_push "$(large_images)"
  rm "$disk/program/report.json"
  mount -o remount,size=16m,nr_inodes="$(($(stat -f -c '%c - %d' "$disk")))" "$disk"
  program_run
  world_exits 0
  world_says '--report: .*No space left on device; it is tried again at the end'
  world_is_clean
  [ "$(program_report .summary.deleted)" -ge 3 ]
}
