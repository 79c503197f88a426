#!/bin/bash
# json-c reads some characters that JSON writes as a pair of surrogates as U+FFFD, the sign for what cannot be
# read: those whose code point, cut to 16 bits, would be a surrogate itself, such as U+1D800 to U+1DFFF (Sutton
# SignWriting) or the ideographs U+2D800 to U+2DFFF. Two keys that differ in such a character alone become one,
# so an object that has both is read as one with the last of them. Written as plain UTF-8 they are read well.
#
# Seen with: Debian's libjson-c-dev 0.16-2.
# Behaviour: the pair is put together rightly, and then looked at as if it might be half a pair, by bits that
#   such characters have, too. Others above U+FFFF are read well.
# Output seen:
#   json-c 0.16
#   U+1F600, escaped: f09f9880
#   U+1D800, escaped: efbfbd
#   U+2D800, escaped: efbfbd
#   U+1D800, in UTF-8: f09da080
#   members of {U+1D800: 1, U+1D801: 2}, escaped: 1
#   they are replaced
#
# Exit status: 0 it is so, 1 it has changed, 2 it could not be tried. Needs gcc, pkg-config, libjson-c-dev.
set -u -o pipefail

expected=0.16
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
trap 'exit 2' INT TERM

give_up() {
  printf 'could not be tried: %s\n' "$*" >&2
  exit 2
}

pkg-config --exists json-c || give_up "libjson-c-dev is not installed"
cat >"$folder/try.c" <<'SOURCE'
#include <json-c/json.h>
#include <stdio.h>

static void show(const char *what, const char *text)
{
	struct json_object *value = json_tokener_parse(text);
	const unsigned char *byte = (const unsigned char *)json_object_get_string(value);

	printf("%s: ", what);
	for (; *byte; byte++)
		printf("%02x", *byte);
	putchar('\n');
	json_object_put(value);
}

int main(void)
{
	struct json_object *both = json_tokener_parse("{\"\\ud836\\udc00\": 1, \"\\ud836\\udc01\": 2}");

	printf("json-c %s\n", json_c_version());
	show("U+1F600, escaped", "\"\\ud83d\\ude00\"");
	show("U+1D800, escaped", "\"\\ud836\\udc00\"");
	show("U+2D800, escaped", "\"\\ud876\\udc00\"");
	show("U+1D800, in UTF-8", "\"\xf0\x9d\xa0\x80\"");
	printf("members of {U+1D800: 1, U+1D801: 2}, escaped: %d\n", json_object_object_length(both));
	json_object_put(both);
	return 0;
}
SOURCE
# shellcheck disable=SC2046 # words of the compiler
gcc -o "$folder/try" "$folder/try.c" $(pkg-config --cflags --libs json-c) || give_up "it does not compile"
said=$("$folder/try") || give_up "it does not run"
echo "$said"
[[ $said == "json-c $expected"$'\n'* ]] || give_up "this is about version $expected"
if [ "$(awk 'NR > 1 { print $NF }' <<<"$said" | xargs)" = "f09f9880 efbfbd efbfbd f09da080 1" ]; then
  echo "they are replaced"
else
  echo "it has changed"
  exit 1
fi
