/* The journal of what a run deletes (undo/journal.h), and what is told of it. */
#ifndef RUN_JOURNAL_H
#define RUN_JOURNAL_H

struct run;

/* After the state was opened with its locks. Makes no file. */
void run_journal_open(struct run *run);
/* Before a collection begins: it may end what can be undone. */
void run_journal_collecting(struct run *run);
/* When all is done but the last lines: what the report says of it. */
void run_journal_judge(struct run *run);
/* Its last line; and old journals go. */
void run_journal_end(struct run *run);

#endif
