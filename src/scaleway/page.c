/* A page of a list: what it tells, and what makes it none. */
#include "scaleway/page.h"

#include "scaleway/object_read.h"
#include "util/xalloc.h"
#include "json/scan.h"

#include <string.h>

void scaleway_page_clear(struct scaleway_page *page)
{
	for (size_t i = 0; i < page->count; i++)
		scaleway_object_clear(&page->items[i]);
	free(page->items);
	*page = (struct scaleway_page){ 0 };
}

static int take_items(const struct json_value *list, enum scaleway_kind kind, const char *parent,
		      struct scaleway_page *page, struct err *err)
{
	struct json_value value;
	struct json_scan scan;

	json_scan_inside(&scan, list);
	while (json_scan_item(&scan, &value)) {
		struct scaleway_object *object;

		GROW(page->items, page->count, page->capacity);
		object = &page->items[page->count];
		if (scaleway_object_read(&value, kind, object, err) < 0)
			return err_wrap(err, "entry %zu", page->count + 1);
		page->count++;
		if (parent && (!object->parent || strcmp(object->parent, parent) != 0))
			return err_set(err, ERR_IO,
				       "entry %zu is not of what the list was asked for",
				       page->count);
	}
	return 0;
}

static int take_total(const struct json_value *total, struct scaleway_page *page, struct err *err)
{
	page->total = -1;
	if (!json_given(total))
		return 0;
	if (!json_integer(total, &page->total) || page->total < 0)
		return err_set(err, ERR_IO, "its total_count is no number");
	return 0;
}

int scaleway_page_read(const char *body, size_t length, enum scaleway_kind kind, const char *parent,
		       struct scaleway_page *page, struct err *err)
{
	static const struct json_name NAMES[][2] = {
		[SCALEWAY_NAMESPACE] = { JSON_EXACT_NAME("namespaces"),
					 JSON_EXACT_NAME("total_count") },
		[SCALEWAY_IMAGE] = { JSON_EXACT_NAME("images"), JSON_EXACT_NAME("total_count") },
		[SCALEWAY_TAG] = { JSON_EXACT_NAME("tags"), JSON_EXACT_NAME("total_count") },
	};
	struct json_value values[2];
	struct json_scan scan;

	json_scan_open(&scan, body, length);
	(void)json_scan_members(&scan, NAMES[kind], 2, values);
	if (json_scan_close(&scan, err) < 0)
		return err_wrap(err, "the answer is no list");
	if (values[0].type != JSON_LIST)
		return err_set(err, ERR_IO, "the answer is no list of %ss",
			       scaleway_kind_name(kind));
	if (take_total(&values[1], page, err) < 0)
		return -1;
	return take_items(&values[0], kind, parent, page, err);
}
