/* Three rounds of lists, each read once: nothing is deleted by what they say. */
#include "command/held_scaleway.h"

#include "command/held.h"
#include "config/config.h"
#include "http/engine.h"
#include "lists/holds.h"
#include "registry/reference.h"
#include "scaleway/api.h"
#include "util/edit_distance.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

/* A list, which several questions may share. */
struct lookup {
	char *parent; /* id of the namespace or image whose list it is; NULL: of the region */
	struct scaleway_list list;
};

struct lookups {
	struct lookup *items;
	size_t count;
};

struct question {
	struct reference reference;
	char *namespace;   /* the first part of its repository */
	const char *image; /* what is behind that; "": nothing, and so no image */
	struct held *answer;
	/* What was found; NULL: it is not there, or that is not known. */
	const struct scaleway_object *found;
	const struct scaleway_list *tags;
	bool settled; /* the answer is known, or will not be */
};

struct asking {
	struct http *http;
	struct scaleway_api *api;
	struct question *questions;
	size_t count;
	struct lookups lists[3]; /* by enum scaleway_kind */
};

static void settle(struct question *question, enum held_state state, const char *why)
{
	question->settled = true;
	question->answer->state = state;
	free(question->answer->why);
	question->answer->why = why ? xstrdup(why) : NULL;
}

static void on_list(void *ctx, struct scaleway_list *list)
{
	struct lookup *lookup = ctx;

	lookup->list = *list;
	*list = (struct scaleway_list){ 0 };
}

/* The list of KIND in PARENT; NULL: nobody asked for it. */
static struct lookup *find_list(struct asking *asking, enum scaleway_kind kind, const char *parent)
{
	struct lookups *lookups = &asking->lists[kind];

	for (size_t i = 0; i < lookups->count; i++) {
		const char *other = lookups->items[i].parent;

		if (parent == other || (parent && other && strcmp(parent, other) == 0))
			return &lookups->items[i];
	}
	return NULL;
}

static void want(struct asking *asking, enum scaleway_kind kind, const char *parent)
{
	struct lookups *lookups = &asking->lists[kind];
	struct lookup *lookup;

	if (find_list(asking, kind, parent))
		return;
	lookup = &lookups->items[lookups->count++];
	lookup->parent = parent ? xstrdup(parent) : NULL;
	scaleway_list_begin(asking->api, &(struct scaleway_list_request){ .kind = kind,
									  .parent = parent,
									  .readings = 1,
									  .done = on_list,
									  .ctx = lookup });
}

static const struct scaleway_object *find_named(const struct scaleway_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	return NULL;
}

/* Looks for NAME of the KIND that QUESTION is about now, in the list of PARENT. */
static void look(struct asking *asking, enum scaleway_kind kind, struct question *question,
		 const char *parent, const char *name)
{
	const struct lookup *lookup = find_list(asking, kind, parent);

	if (lookup->list.trouble[0] && lookup->list.outcome != SCALEWAY_GONE) {
		settle(question, HELD_UNKNOWN, lookup->list.trouble);
		return;
	}
	question->tags = &lookup->list;
	question->found = name ? find_named(&lookup->list, name) : NULL;
	if (name && !question->found)
		settle(question, HELD_ABSENT, NULL);
}

/* One round: asks for the lists of KIND that are needed, and looks into them. */
static int ask_round(struct asking *asking, enum scaleway_kind kind, struct err *err)
{
	asking->lists[kind].items = xcalloc(asking->count + 1, sizeof(struct lookup));
	for (size_t i = 0; i < asking->count; i++) {
		const struct question *question = &asking->questions[i];

		if (!question->settled)
			want(asking, kind, question->found ? question->found->id : NULL);
	}
	if (http_run(asking->http, err) < 0)
		return -1;
	for (size_t i = 0; i < asking->count; i++) {
		struct question *question = &asking->questions[i];
		const char *name = kind == SCALEWAY_NAMESPACE ? question->namespace
				   : kind == SCALEWAY_IMAGE   ? question->image
							      : NULL;

		if (!question->settled)
			look(asking, kind, question, question->found ? question->found->id : NULL,
			     name);
	}
	return 0;
}

static void found(struct question *question, const struct scaleway_object *tag)
{
	if (tag->status == SCALEWAY_DELETING) {
		settle(question, HELD_UNKNOWN, "it is being deleted");
	} else if (!tag->digest) {
		settle(question, HELD_UNKNOWN, "the registry does not tell its digest");
	} else {
		settle(question, HELD_THERE, NULL);
		snprintf(question->answer->digest, sizeof question->answer->digest, "%s",
			 tag->digest);
	}
}

/* Of a digest only what tags show is known. */
static void find_digest(struct question *question)
{
	const char *digest = question->reference.digest;

	for (size_t i = 0; i < question->tags->count; i++) {
		const struct scaleway_object *tag = &question->tags->items[i];

		if (tag->digest && strcmp(tag->digest, digest) == 0) {
			found(question, tag);
			return;
		}
	}
	settle(question, HELD_ABSENT,
	       "no tag has this digest, and of what else there is the registry tells nothing: a "
	       "hold of it keeps all tags of its image, as it may be a part of any");
}

static void find_tag(struct question *question)
{
	const char *name = question->reference.tag;
	const struct scaleway_object *tag = find_named(question->tags, name);
	struct edits_nearest best = { .below = strlen(name) / 2 + 1 };

	if (tag) {
		found(question, tag);
		return;
	}
	for (size_t i = 0; i < question->tags->count; i++)
		edit_distance_consider(&best, name, question->tags->items[i].name);
	settle(question, HELD_ABSENT, NULL);
	question->answer->nearest = best.name ? xstrdup(best.name) : NULL;
}

static void take(struct question *question, const struct hold *hold, struct held *answer)
{
	const char *slash;
	struct err why;

	question->answer = answer;
	if (reference_parse(hold->name, NULL, 0, &question->reference, &why) < 0) {
		question->settled = true;
		return;
	}
	slash = strchrnul(question->reference.repository, '/');
	question->namespace = xstrndup(question->reference.repository,
				       (size_t)(slash - question->reference.repository));
	question->image = *slash ? slash + 1 : slash;
}

static int ask_all(struct asking *asking, struct err *err)
{
	if (ask_round(asking, SCALEWAY_NAMESPACE, err) < 0 ||
	    ask_round(asking, SCALEWAY_IMAGE, err) < 0 || ask_round(asking, SCALEWAY_TAG, err) < 0)
		return -1;
	for (size_t i = 0; i < asking->count; i++) {
		struct question *question = &asking->questions[i];

		if (question->settled)
			continue;
		if (question->reference.tag)
			find_tag(question);
		else
			find_digest(question);
	}
	return 0;
}

static void clear(struct asking *asking)
{
	for (size_t kind = 0; kind < sizeof asking->lists / sizeof *asking->lists; kind++) {
		struct lookups *lookups = &asking->lists[kind];

		for (size_t i = 0; i < lookups->count; i++) {
			scaleway_list_clear(&lookups->items[i].list);
			free(lookups->items[i].parent);
		}
		free(lookups->items);
	}
	for (size_t i = 0; i < asking->count; i++) {
		reference_clear(&asking->questions[i].reference);
		free(asking->questions[i].namespace);
	}
	free(asking->questions);
	scaleway_api_free(asking->api);
}

int command_held_scaleway(struct http *http, const struct config *config, const struct hold *holds,
			  size_t count, struct held *answers, struct err *err)
{
	struct asking asking = { .http = http,
				 .api = scaleway_api_new(http, config->registry.url),
				 .questions = xcalloc(count + 1, sizeof(struct question)),
				 .count = count };
	int result;

	for (size_t i = 0; i < count; i++)
		take(&asking.questions[i], &holds[i], &answers[i]);
	result = ask_all(&asking, err);
	clear(&asking);
	return result;
}
