/* The parts of a page, in its order. Each writes nothing where it has nothing to say. */
#ifndef HTML_SECTIONS_H
#define HTML_SECTIONS_H

#include <stdbool.h>
#include <stdio.h>

struct html_page; /* html/html.h */

/* What the page begins with: which registry, what became of the run in a sentence, figures. */
void html_summary(const struct html_page *page, FILE *out);
/* Warnings and errors, */
void html_messages(const struct html_page *page, FILE *out);
/* tags that are not whole, */
void html_damage(const struct html_page *page, FILE *out);
/* what was or would be deleted, and why, (with what became of empty namespaces), */
void html_deleted(const struct html_page *page, FILE *out);
void html_namespaces(const struct html_page *page, FILE *out);
/* what was to go and stays, */
void html_left(const struct html_page *page, FILE *out);
/* what was freed, and how the storage grew, */
void html_space(const struct html_page *page, FILE *out);
void html_growth(const struct html_page *page, FILE *out);
/* what each repository holds, */
void html_repositories(const struct html_page *page, FILE *out);
/* why the other tags stay, and what the rules were about, */
void html_kept(const struct html_page *page, FILE *out);
/* what a later run would do, */
void html_later(const struct html_page *page, FILE *out);
/* and how to undo this one. */
void html_undo(const struct html_page *page, FILE *out);

/* Which of them there is something for. */
bool html_has_left(const struct html_page *page);
bool html_has_damage(const struct html_page *page);
bool html_has_space(const struct html_page *page);
bool html_has_repositories(const struct html_page *page);
bool html_has_undo(const struct html_page *page);

#endif
