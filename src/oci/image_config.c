/* When an image, a module or a model was created, as its config says. */
#include "oci/image_config.h"

#include "util/date.h"
#include "json/scan.h"

/* Of a config, and of an entry of its history. */
enum { CREATED, HISTORY, DESCRIPTOR, MEMBERS };
static const struct json_name NAMES[MEMBERS] = {
	[CREATED] = JSON_NAME("created"),
	[HISTORY] = JSON_NAME("history"),
	[DESCRIPTOR] = JSON_NAME("descriptor"),
};

/* Of a model's descriptor. */
enum { MODEL_CREATED_AT, MODEL_CREATED, MODEL_MEMBERS };
static const struct json_name MODEL_NAMES[MODEL_MEMBERS] = {
	[MODEL_CREATED_AT] = JSON_NAME("createdAt"),
	[MODEL_CREATED] = JSON_NAME("created"),
};

struct config {
	struct json_value value[MEMBERS];
};

static int64_t own_created(const struct config *config)
{
	return json_date(&config->value[CREATED]);
}

/* False when LIST has none. */
static bool find_last(const struct json_value *list, struct json_value *last)
{
	struct json_scan scan;
	bool found = false;

	json_scan_inside(&scan, list);
	while (json_scan_item(&scan, last))
		found = true;
	return found;
}

/* The date of OBJECT that is under one of COUNT NAMES; it has no other one that could be taken for
 * it. */
static int64_t date_inside(const struct json_value *object, const struct json_name *names,
			   size_t count, size_t number)
{
	struct json_value values[MEMBERS]; /* there are not more of a model's */
	struct json_scan scan;

	if (object->type != JSON_OBJECT)
		return DATE_INVALID;
	json_scan_inside(&scan, object);
	return json_scan_members(&scan, names, count, values) ? DATE_INVALID
							      : json_date(&values[number]);
}

/* The date of the last entry, which is the newest. */
static int64_t history_created(const struct config *config)
{
	const struct json_value *history = &config->value[HISTORY];
	struct json_value last;

	if (!json_given(history))
		return DATE_ABSENT;
	if (history->type != JSON_LIST)
		return DATE_INVALID;
	return find_last(history, &last) ? date_inside(&last, NAMES, MEMBERS, CREATED)
					 : DATE_ABSENT;
}

static int64_t model_date(const struct config *config, size_t number)
{
	const struct json_value *descriptor = &config->value[DESCRIPTOR];

	return json_given(descriptor) ? date_inside(descriptor, MODEL_NAMES, MODEL_MEMBERS, number)
				      : DATE_ABSENT;
}

static int64_t descriptor_created_at(const struct config *config)
{
	return model_date(config, MODEL_CREATED_AT);
}

static int64_t descriptor_created(const struct config *config)
{
	return model_date(config, MODEL_CREATED);
}

/* The first that is there counts, whatever the kind of config: no kind has another one's fields. */
static const struct {
	const char *field; /* for people */
	int64_t (*read)(const struct config *config);
} PLACES[] = {
	/* Images (image-spec 1.1.1, config.md, and docker); Wasm modules (the CNCF's Wasm OCI
	 * Artifact layout, v0). */
	{ "created", own_created },
	/* Images, likewise. */
	{ "history[last].created", history_created },
	/* Models: the CNCF's ModelPack (model-spec 0.0.7, docs/config.md), and Docker's as
	 * specified (docker/model-spec 0.1). */
	{ "descriptor.createdAt", descriptor_created_at },
	/* Models that `docker model` wrote (docker/model-distribution). */
	{ "descriptor.created", descriptor_created },
};

#define PLACE_COUNT (sizeof PLACES / sizeof *PLACES)

const char *image_config_field(size_t number)
{
	return number < PLACE_COUNT ? PLACES[number].field : NULL;
}

int image_config_created(const char *body, size_t length, int64_t *created, struct err *err)
{
	struct json_scan scan;
	struct config config;
	bool doubtful;

	json_scan_open(&scan, body, length);
	doubtful = json_scan_members(&scan, NAMES, MEMBERS, config.value);
	if (json_scan_close(&scan, err) < 0)
		return -1;
	*created = doubtful ? DATE_INVALID : DATE_ABSENT;
	for (size_t i = 0; i < PLACE_COUNT && *created == DATE_ABSENT; i++)
		*created = PLACES[i].read(&config);
	return 0;
}
