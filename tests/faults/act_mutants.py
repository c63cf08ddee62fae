#!/usr/bin/python3
"""Leave out each sync and each check in turn: the harness must notice.

act_mutants.py [--jobs N] [WORD...]: only those whose name holds a word, of
which there must be some; N are tried at a time.  A mutant is a change of the source in a copy; it is caught when
a unit test or act.py fails.  One that nothing sees means that a test is
missing, or that the line is.
"""
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time

from act_lib import ROOT

MUTANTS = [
    ("no sync of the journal", "journal.c",
     "(rc = sync_written(j, e)) != ST_OK)", "(rc = ST_OK) != ST_OK)"),
    ("no sync of the intents", "journal.c",
     "return j->unsynced > 0 ? sync_written(j, e) : ST_OK;",
     "return ST_OK;"),
    ("what a crash left is damage", "journal.c", "!is_of_crash(j, s))",
     "true)"),
    ("swapped before all are on the disk", "deed.c",
     "(void)stage_sync(&d->stage, d->out);", ";"),
    ("by links: swapped before all are on the disk", "deed.c",
     "(void)stage_sync(&d->stage, d->out);", ";"),
    ("swapped before originals are on the disk", "exchange.c",
     "(rc = deed_finish_old(list, k, e)) == ST_OK &&\n\t    "
     "(rc = add_records(list, k, e)) == ST_OK)\n\t\t"
     "rc = record_and_swap(list, k, e);",
     "(rc = add_records(list, k, e)) == ST_OK &&\n\t    "
     "(rc = record_and_swap(list, k, e)) == ST_OK)\n\t\t"
     "rc = deed_finish_old(list, k, e);"),
    ("the names of originals are not synced", "deed.c",
     "return rc == ST_OK ? blob_sync(r->blobs, e) : rc;", "return rc;"),
    ("an end of one is the end of all", "settle.c",
     "waits |= w->over ? 0 : w->waits;", "waits |= 0;"),
    ("no sync of the journal's folder", "journal.c",
     "if (fsync(j->fd) != 0 || fsync(dir) != 0)",
     "if (fsync(j->fd) != 0)"),
    ("no sync of the runs", "run.c", "fsync(r->state->runs) != 0", "false"),
    ("no sync of the state folder", "statedir.c",
     "new && fsync(s->fd) != 0", "new && false"),
    ("no sync of the state folder's parent", "statedir.c",
     "up < 0 || fsync(up) != 0", "up < 0"),
    ("no sync of an original", "blob.c", "if (fsync(b->fd) != 0)",
     "if (false)"),
    ("no sync of the originals", "blob.c",
     "return fsync(dir) == 0 ? ST_OK : cannot_store(e);",
     "(void)dir;\n\t(void)e;\n\treturn ST_OK;"),
    ("no sync of the new message", "stage.c", "if (fsync(s->fd) != 0)",
     "if (false)"),
    ("no sync before the old one goes", "settle.c",
     "return step == DROP ? IN_DIR | IN_OTHER : 0;", "return 0;"),
    ("no sync before commit", "settle.c",
     "return IN_DIR | IN_OTHER | IN_TMP;", "return 0;"),
    ("no sync of the mailbox at all", "settle.c",
     "const int rc = sync_dirs(list[0].place, which, e);",
     "const int rc = sync_dirs(list[0].place, 0, e);"),
    ("no sync after a crash", "settle.c",
     ".unsynced = IN_DIR | IN_OTHER | settling_bit_of_tmp(p),",
     ".unsynced = 0,"),
    ("exchange is a plain rename", "kernel_calls.c",
     "return renameat2(dir_a, a, dir_b, b, RENAME_EXCHANGE);",
     "return renameat2(dir_a, a, dir_b, b, 0);"),
    ("move replaces", "kernel_calls.c",
     "return renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE);",
     "return renameat2(from_dir, from, to_dir, to, 0);"),
    ("exchange without looking", "exchange.c",
     "ST_OK || !source_is_at(&d->source, at))", "ST_OK)"),
    ("removal without looking", "remove.c",
     "ST_OK || !source_is_at(&d->source, at))", "ST_OK)"),
    ("the old one is not read again", "side.c",
     "if (same_size && (rc = starts_as(fd, id, &whole, e)) != ST_OK)\n"
     "\t\treturn rc;\n\tif (id->ino == st->st_ino)\n"
     "\t\t*out = whole && !call_has_writer(fd)",
     "whole = true;\n\t(void)same_size;\n\t(void)rc;\n\t(void)e;\n"
     "\tif (id->ino == st->st_ino)\n"
     "\t\t*out = whole && !call_has_writer(fd)"),
    ("writers are not asked for", "side.c",
     "whole && !call_has_writer(fd) ?", "whole ?"),
    ("other files are unlinked", "settle_table.c",
     "[SIDE_FILE]    = { GIVE,  ABORT, ABORT, BACK,   BACK,   GIVE,  GIVE },",
     "[SIDE_FILE]    = { DROP,  DROP, DROP, DROP,   DROP,   DROP,  DROP },"),
    ("what was written to goes", "settle_table.c",
     "[SIDE_OLD_BAD] = { GIVE,  GIVE,  GIVE,  BACK,   BACK,   GIVE,  GIVE },",
     "[SIDE_OLD_BAD] = { DROP,  DROP,  DROP,  DROP,   DROP,   DROP,  DROP },"),
    ("what was written to is removed", "settle_table.c",
     "[SIDE_OLD_BAD] = { GIVE, GIVE, GIVE, GIVE, GIVE, GIVE, GIVE },",
     "[SIDE_OLD_BAD] = { DROP, DROP, DROP, DROP, DROP, DROP, DROP },"),
    ("the new one is dropped when alone", "settle_table.c",
     "[SIDE_GONE]    = { ABORT, ABORT, ABORT, COMMIT, COMMIT, ABORT, ABORT },"
     "\n\t[SIDE_OLD] ",
     "[SIDE_GONE]    = { ABORT, ABORT, ABORT, ABORT, ABORT, ABORT, ABORT },"
     "\n\t[SIDE_OLD] "),
    ("abort with a temporary", "settle_table.c",
     "[SIDE_NEW]     = { DROP,  DROP,  DROP,  DROP,   DROP,   DROP,  DROP },",
     "[SIDE_NEW]     = { ABORT, ABORT, ABORT, DROP,   ABORT,  ABORT, ABORT },"),
    ("removed is not done", "settle_table.c",
     "[SIDE_GONE]    = { COMMIT, ABORT, ABORT, COMMIT, COMMIT, COMMIT,",
     "[SIDE_GONE]    = { ABORT, ABORT, ABORT, COMMIT, COMMIT, COMMIT,"),
    ("links in the mailbox stay", "settle.c",
     "if (is_one_file(w) || w->temp_copied ||",
     "if (w->temp_copied ||"),
    ("moved elsewhere is not seen", "settle.c",
     "fstat(w->live->old, &st) == 0 && st.st_nlink > 0;",
     "fstat(w->live->old, &st) == 0 && st.st_nlink > 9;"),
    ("hard links are taken", "source.c", "if (st->st_nlink != 1)",
     "if (st->st_nlink > 9)"),
    ("foreign files are taken", "source.c",
     "if (st->st_uid != p->owner.uid)", "if (false)"),
    ("links are followed", "kernel_calls.c",
     "RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS", "RESOLVE_NO_MAGICLINKS"),
    ("compressed mail is taken", "source.c",
     "if (!t->packed && source_is_packed(&s->sum))",
     "if (false)"),
    ("undo does not look", "source.c",
     "if (t->sha != NULL && memcmp(t->sha, s->sum.sha, HASH_SIZE) != 0)",
     "if (false)"),
    ("the new one is not read back", "deed.c",
     "if (!sum_is(&d->stage.sum, said))",
     "if (said == NULL)"),
    ("an original is not read back", "blob.c",
     "if (got.size != b->sum.size || (b->tagged ?\n\t    "
     "memcmp(got.tag, b->sum.tag, HASH_SIZE) :\n\t    "
     "memcmp(got.sha, b->sum.sha, HASH_SIZE)) != 0)",
     "if (false)"),
    ("a large file is read back as it should be", "blob.c",
     "if (got.size != b->sum.size ||",
     "memcpy(got.tag, b->sum.tag, HASH_SIZE);\n\t"
     "if (got.size != b->sum.size ||"),
    ("a mailbox is copied in part", "deed_take.c",
     "while (rc == ST_OK && d->taking.what != 0);",
     "while (false);\n\tif (d->taking.what != 0)\n\t\t"
     "rc = take_all(d, e);"),
    ("a mailbox is read before it is copied", "filling.c",
     "while (rc == ST_OK && filling_lacks(f) && f->have < end)",
     "if (filling_lacks(f) && f->have < end)"),
    ("a source that changed is stored", "blob.c",
     "if (sum_same(&out->sum, sum))", "if (sum != NULL)"),
    ("a mailbox is swapped before its original is kept", "mailbox.c",
     "int rc = deed_finish_old(&w->deed, 1, e);",
     "int rc = e == NULL ? ST_DEAD : ST_OK;"),
    ("an original is believed", "blob.c",
     "if (memcmp(sum->sha, sha, HASH_SIZE) != 0) {", "if (false) {"),
    ("the chain is not looked at", "journal.c",
     "memcmp(p + RAW_PREV_AT, j->last, HASH_SIZE) == 0 &&", ""),
    ("checksums are not looked at", "journal_raw.c",
     "return memcmp(sum, raw.p + RAW_SUM_AT, HASH_SIZE) == 0 ? ST_OK : ST_BAD;",
     "return ST_OK;"),
    ("damage is cut off", "journal.c", "!is_of_crash(j, s))", "false)"),
    ("the mark always goes", "run.c",
     "if (r->dir > 0 && !r->unsettled && !r->pending &&\n"
     "\t    journal_ok(r->journal))", "if (r->dir > 0)"),
    ("no lock", "statedir.c", "flock(s->lock, LOCK_EX | LOCK_NB) != 0",
     "false"),
    ("any state folder will do", "statedir.c",
     "if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)", "if (false)"),
    ("root works as root", "owner.c", "if (getuid() != 0 || o.uid == 0)",
     "if (true)"),
    ("flags are those of before", "mailname.c",
     "buf_str(&b, flags_of + name_base(flags_of));",
     "buf_str(&b, base_of + name_base(base_of));"),
    ("W= is S=", "mailname.c", "sum->size + sum->lone_lf", "sum->size"),
    ("a temporary is where tmp/ came later", "place.c",
     "p->tmp = p->dir;\n\telse if (errno == ENOENT)",
     "p->tmp = p->maildir_tmp;\n\telse if (errno == ENOENT)"),
    ("an error says that tmp/ came later", "place.c",
     "else if (errno == ENOENT)\n\t\tp->tmp", "else if (true)\n\t\tp->tmp"),
    ("an error says that it is no Maildir", "place.c",
     "else if (errno != ENOENT && (errno", "else if (false && (errno"),
    ("sizes stay outside a Maildir", "exchange.c",
     "if (!mailname_has_sizes(now) && (!d->place->maildir || keep_base))",
     "if (!d->place->maildir || (keep_base && !mailname_has_sizes(now)))"),
    ("the base stays", "settle_step.c",
     "if (in->act != ACT_SWAP)", "if (true)"),
    ("times are lost", "meta.c", "if (futimens(fd, times) != 0 ||",
     "(void)times;\n\tif ("),
    ("the mode is lost", "meta.c", "if (fchmod(fd, m->mode) != 0)",
     "if (false)"),
    ("attributes are lost", "meta.c",
     "if ((rc = apply_xattrs(fd, &m->xattrs, e)) != ST_OK)",
     "(void)apply_xattrs;\n\tif ((rc = ST_OK) != ST_OK)"),
    ("undone twice", "history.c", "undone->fate = FATE_UNDONE;", ";"),
    ("maildirsize is not written", "deed.c",
     "\tquota_settled(d->place, &d->intent, s, d->out);\n", ""),
    ("maildirsize is not written after a crash", "recover.c",
     "\tif (rc == ST_OK)\n\t\tquota_settled(p, in, &s, NULL);\n", ""),
    ("maildirsize may be anything", "quota.c",
     "!S_ISREG(st.st_mode) || st.st_uid != p->owner.uid ||", ""),
    ("maildirsize may have more names", "quota.c", "st.st_nlink != 1",
     "false"),
    ("maildirsize before it is done", "quota.c", "|| !s->committed", ""),
    ("no lease", "hold.c",
     "return fcntl(fd, F_SETLEASE, F_WRLCK) != 0 ? -1 : 0;",
     "(void)fd;\n\treturn 0;"),
    ("nobody is noticed", "hold.c",
     "return fcntl(fd, F_GETLEASE) == F_WRLCK;",
     "(void)fd;\n\treturn true;"),
    ("no fcntl lock", "hold.c", "return set_lock(fd, F_WRLCK);",
     "(void)fd;\n\treturn 0;"),
    ("no lock file", "dotlock.c",
     "call_give_name(*out, p->dir, lock) == 0 ? 0", "true ? 0"),
    ("the lock file is not in the journal", "dotlock.c",
     "rc = journal_append_fields(r->journal, RECORD_LOCK, &b, e);",
     "rc = ST_OK;\n\tbuf_free(&b);"),
    ("no sync of the lock file", "dotlock.c",
     "fchmod(fd, 0644) != 0 || fsync(fd) != 0)", "fchmod(fd, 0644) != 0)"),
    ("the lock file is not read back", "dotlock.c",
     "if (holds(fd, text_of(l)) == YES)", "if (true)"),
    ("no sync when the lock file goes", "dotlock.c",
     "if (there == NO && fsync(p->dir) == 0)", "if (there == NO)"),
    ("any lock file is ours", "dotlock.c",
     "memcmp(got, text.p, text.n) == 0 ?", "true ?"),
    ("a mailbox is swapped without looking", "box_swap.c",
     "||\n\t    !is_at(b, b->name.text, old))", ")"),
    ("who waits is not asked for", "box_swap.c", "if (!hold_lasts(old) ||",
     "if ("),
    ("mail in the old file goes", "box_settle.c",
     "[BOX_OLD_MORE] = { GIVE, MERGE, MERGE, MERGE, BACK, MERGE, MERGE,",
     "[BOX_OLD_MORE] = { DROP, DROP, DROP, DROP, DROP, DROP, DROP,"),
    ("mail in the new file goes", "box_settle.c",
     "[BOX_NEW_MORE] = { GIVE, BACK, MERGE, MERGE, MERGE, MERGE, MERGE,",
     "[BOX_NEW_MORE] = { DROP, DROP, DROP, DROP, DROP, DROP, DROP,"),
    ("the old mailbox goes back over mail", "box_settle.c",
     "BACK, MERGE, MERGE,\n\t    MERGE, STUCK },\n\t[BOX_OLD_BAD]",
     "BACK, BACK, MERGE,\n\t    MERGE, STUCK },\n\t[BOX_OLD_BAD]"),
    ("a changed old mailbox goes", "box_settle.c",
     "[BOX_OLD_BAD] = { GIVE, STUCK, STUCK, STUCK, BACK, BACK, STUCK,",
     "[BOX_OLD_BAD] = { DROP, DROP, DROP, DROP, DROP, DROP, DROP,"),
    ("a mailbox of others goes", "box_settle.c",
     "[BOX_FILE] = { GIVE, ABORT, ABORT, ABORT, BACK, BACK, BACK, STUCK,",
     "[BOX_FILE] = { DROP, DROP, DROP, DROP, DROP, DROP, DROP, DROP,"),
    ("a link is the mailbox", "box_settle.c",
     "DROP, DROP, DROP, DROP, DROP, BACK },",
     "DROP, DROP, DROP, DROP, DROP, DROP },"),
    ("mail is moved again", "box_settle.c", "v->upto = size;", ";"),
    ("mail is moved again after a crash", "mailbox_recover.c",
     "out->upto = in.upto;", ";"),
    ("the swap is not noted", "box_settle.c", "w->swapped = true;\n\treturn "
     "record(w, RECORD_SWAPPED, SIDE_FILE, e);", "return ST_OK;"),
    ("no sync before the old mailbox goes", "box_settle.c",
     "if ((rc = sync_folder(w, e)) != ST_OK ||\n\t    (rc = note_swapped",
     "if ((rc = note_swapped"),
    ("no sync before commit of a mailbox", "box_settle.c",
     "if ((rc = sync_folder(w, e)) != ST_OK)\n\t\treturn rc;\n"
     "\tw->out->committed", "(void)rc;\n\tw->out->committed"),
    ("no sync of a mailbox after a crash", "box_settle.c",
     "rc = sync_folder(&w, e);\n\t\tw.unsynced = true;", ";"),
    ("no sync of the new mailbox's name", "box_swap.c",
     "if (fsync(b->place->dir) != 0)", "if (false)"),
    ("a lost file is not asked for", "box_settle.c",
     "rc = blind(rescue(&w, e), e);", "(void)rescue;"),
    ("undoing forgets what came", "mailbox.c",
     "d->source.sum.size, d->stage.fd, sha, e);\n\t\towner_leave();\n\t}\n"
     "\t(void)close(copy);\n\treturn deed_not_done(d, rc, e);",
     "past->new.size, d->stage.fd, sha, e);\n\t\towner_leave();\n\t}\n"
     "\t(void)close(copy);\n\treturn deed_not_done(d, rc, e);"),
    ("undoing a mailbox does not look", "mailbox_look.c",
     "return sum->size >= past->new.size &&\n\t    "
     "memcmp(sum->sha, past->new.sha, HASH_SIZE) == 0",
     "return sum != NULL && past != NULL"),
    ("the time stays", "meta.c", "m->mtime.tv_sec++;", ";"),
    ("root's mailbox is taken", "place.c",
     "if (p->owner.uid == 0 && (folder->st_uid != 0 ||",
     "if (false && (false ||"),
    ("only its name is looked for", "place.c",
     "if (rc != ST_END || !p->maildir)", "if (true)"),
    ("by links: no sync of the new name", "link_swap.c",
     "return any ? sync_mailbox(list[0].place, e) : ST_OK;",
     "(void)any;\n\treturn ST_OK;"),
    ("by links: taken without looking", "link_swap.c",
     "if (rc == ST_OK && source_is_at(&d->source, at))",
     "if (rc == ST_OK)"),
    ("by links: flags of the new one stay", "link_swap.c",
     "if (!keeps_name(d) && (rc = follow(d, &at, e)) != ST_OK)",
     "(void)follow;\n\t\tif ((rc = ST_OK) != ST_OK)"),
    ("by links: the old one goes when alone", "settle_links.c",
     "if (w->fresh == SIDE_NEW || (w->fresh == SIDE_GONE &&\n"
     "\t    w->mail == SIDE_OLD))", "if (true)"),
    ("by links: both stay", "settle_links.c", "if (!both)", "if (true)"),
    ("by links: a copy is taken for ours", "settle_links.c",
     "return w->fresh != SIDE_GONE &&\n"
     "\t    w->fresh_st.st_ino == w->intent->new.ino;",
     "return w->fresh != SIDE_GONE;"),
    ("by links: the second temporary stays", "settle_links.c",
     "if (w->spare != SIDE_GONE)\n\t\treturn spare(w, DROP);\n\tif",
     "if"),
    ("by links: what was written to goes", "settle_links.c",
     "case SIDE_OLD_BAD:\n\tcase SIDE_FILE:\n\t\treturn put_back(w);",
     "case SIDE_OLD_BAD:\n\tcase SIDE_FILE:\n\t\treturn DROP;"),
    ("by links: a name is given twice", "settle_look.c",
     "st->st_nlink < 2 ||", "true ||"),
    ("by links: a file with a name is not recorded", "deed.c",
     "if ((rc = leftover_record(d->run, d->place, name.text, swap ?\n"
     "\t    d->intent.temp.text : NULL, e)) != ST_OK)",
     "if ((rc = ST_OK) != ST_OK)"),
    ("by links: a second name is not recorded", "deed.c",
     "swap ?\n\t    d->intent.temp.text : NULL, e)", "NULL, e)"),
    ("by links: whether links can be had is not tried", "deed.c",
     "return rc == ST_OK && swap ? try_link(d, name.text) : rc;",
     "(void)try_link;\n\treturn rc;"),
    ("by links: that record is not looked at", "recover.c",
     "rc = leftover_sweep(&s, e);", "rc = ST_OK;"),
    ("by links: what nobody wants stays", "deed.c",
     "if (!d->stage.named || d->seq != 0)", "if (true)"),
    ("in place: no sync of the room", "in_place.c",
     "if ((rc = in_placing_sync(w, e)) != ST_OK ||\n"
     "\t\t    (rc = in_placing_look(w, e)) != ST_OK)",
     "if ((rc = in_placing_look(w, e)) != ST_OK)"),
    ("in place: no sync of what is written over", "in_place.c",
     "return rc == ST_OK ? in_placing_sync(w, e) : rc;", "return rc;"),
    ("in place: no sync before commit", "in_place.c",
     "if ((rc = set_times(w, commit, e)) != ST_OK ||\n"
     "\t    (rc = in_placing_sync(w, e)) != ST_OK)",
     "if ((rc = set_times(w, commit, e)) != ST_OK)"),
    ("in place: no sync after a crash", "in_place_settle.c",
     "const int rc = in_placing_sync(w, e);", "const int rc = ST_OK;"),
    ("in place: it is not recorded", "in_place.c",
     "rc = over_log_add(w->box->run, w->seq, &log, e);\n\tw->log = log;\n"
     "\treturn rc;\n}\n\nstatic int\nis_old",
     "rc = ST_OK;\n\tw->log = log;\n\treturn rc;\n}\n\nstatic int\n"
     "is_old"),
    ("in place: cut without a record", "in_place.c",
     "log.written = true;\n\trc = over_log_add(w->box->run, w->seq, &log, e);",
     "log.written = true;\n\trc = ST_OK;"),
    ("in place: not read back", "in_place.c",
     "return sum.size == len && n == extent - len &&\n"
     "\t    memcmp(sum.sha, w->log.sha, HASH_SIZE) == 0 ? ST_OK :",
     "return true ? ST_OK :"),
    ("in place: what others wrote goes", "in_place.c", "if (w->live)\n",
     "if (true)\n"),
    ("in place: another file is torn", "in_place_settle.c",
     "w->other = w->st.st_ino != w->in->old.ino;", ";"),
    ("in place: torn and replaced is done", "in_place.c",
     "w->out->was_other = true;\n\t\treturn in_placing_finish(w, false,",
     "w->out->was_other = true;\n\t\treturn in_placing_finish(w, true,"),
    ("in place: the room stays", "in_place.c",
     "if (n > 0 && (rc = cut_to(w, old, e)) != ST_OK)",
     "if (false && (rc = cut_to(w, old, e)) != ST_OK)"),
    ("in place: mail behind it is cut off", "in_place.c",
     "if (size(w) > extent)\n\t\treturn move_mail(w, w->log.sha, len,",
     "if (false)\n\t\treturn move_mail(w, w->log.sha, len,"),
    ("in place: mail behind the room is cut off", "in_place.c",
     "if (n > 0 && size(w) > old + n)", "if (false)"),
    ("in place: cut is cut again", "in_place.c",
     "if (size(w) < extent || n < extent - len)", "if (size(w) < extent)"),
    ("in place: times are those of now", "in_place.c",
     "return futimens(w->fd, t) == 0 ?", "(void)t;\n\treturn true ?"),
    ("in place: the lock file is not needed", "in_place_settle.c",
     "rc = box_lock(w->box, e);", "rc = ST_OK;"),
]

FLAGS = ["-std=c11", "-O1", "-w", "-D_GNU_SOURCE",
         "-DBAREDOT_VERSION=\"test\""]
INCLUDES = ["-Iscanner/base", "-Irules", "-Iformats", "-Iscanner",
            "-Iscanner/act", "-Itests"]
BASE = ["scanner/base/%s.c" % n for n in ("buf", "err", "hash")] + \
    ["formats/%s.c" % n for n in ("gzip", "input", "listing", "names",
                                  "packing")] + ["scanner/child.c"]


def compile_objects(top, names):
    made = []
    for n in names:
        out = top + "/objects/" + n.replace("/", "_")[:-2] + ".o"
        if not os.path.exists(out):
            subprocess.run(["gcc", *FLAGS, *INCLUDES, "-c", "-o", out, n],
                           cwd=top, check=True)
        made.append(out)
    return made


def link(top, out, objects):
    subprocess.run(["gcc", "-o", out, *objects, "-lcrypto", "-lcmocka",
                    "-larchive", "-lz"], cwd=top, check=True)


def prepare(top):
    for folder in ("scanner", "scanner/act", "scanner/base", "formats",
                   "tests"):
        os.makedirs(top + "/" + folder, exist_ok=True)
        for n in os.listdir(ROOT + "/" + folder):
            if n.endswith((".c", ".h")):
                shutil.copy(ROOT + "/" + folder + "/" + n,
                            top + "/" + folder + "/" + n)
    os.makedirs(top + "/tests/faults")
    for n in os.listdir(ROOT + "/tests/faults"):
        if n.endswith((".c", ".py")):
            shutil.copy(ROOT + "/tests/faults/" + n, top + "/tests/faults/")
    os.makedirs(top + "/objects")
    os.makedirs(top + "/build/faults")
    subprocess.run(["gcc", "-std=gnu11", "-O1", "-w", "-shared", "-fPIC",
                    "-D_GNU_SOURCE", "-o", "build/faults/act_fault.so",
                    "tests/faults/act_fault.c"], cwd=top, check=True)


def build(top):
    acts = ["scanner/act/" + n for n in sorted(os.listdir(
        top + "/scanner/act")) if n.endswith(".c")]
    objects = compile_objects(top, acts + BASE)
    driver = compile_objects(top, ["tests/faults/act_driver.c"])
    link(top, "build/faults/act_driver", objects + driver)
    for name in ("journal", "blob", "mailname", "notes", "mailbox"):
        test = compile_objects(top, ["tests/test_%s.c" % name,
                                     "tests/folder.c"])
        link(top, "build/test_" + name, objects + test)


def caught_by(top, mutant):
    """The first thing that notices, or None."""
    only = [w for n, w in (("by links: ", "links: "),
                           ("in place: ", "in place")) if
            mutant.startswith(n)]
    env = dict(os.environ, TMPDIR="/dev/shm") if os.access(
        "/dev/shm", os.W_OK) else None
    for name in ("journal", "blob", "mailname", "notes", "mailbox"):
        if subprocess.run([top + "/build/test_" + name], env=env,
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode:
            return "test_" + name
    r = subprocess.run([sys.executable, top + "/tests/faults/act.py",
                        "--stop", "--mutant", "--build",
                        top + "/build/faults", "--only"] + (only or [""]),
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if r.returncode == 0:
        return None
    text = r.stdout.decode(errors="replace")
    bad = [x for x in text.splitlines() if x.startswith("not ok")]
    if r.returncode < 0 or not bad:
        raise SystemExit("act.py came to no end: nothing is known of %s\n%s" %
                         (mutant, text))
    return bad[0].split(" - ", 1)[1]


TOP = None                  # of this process: a copy that may be changed


def take_copy(copies):
    global TOP
    TOP = copies.get()


def object_of(file):
    return TOP + "/objects/scanner_act_" + file[:-2] + ".o"


def try_mutant(mutant):
    """(what noticed it, what is wrong with it), None each."""
    name, file, old, new = mutant
    path, made = TOP + "/scanner/act/" + file, object_of(file)
    with open(path) as f:
        sound = f.read()
    if sound.count(old) != 1:
        return None, "found %d times in %s" % (sound.count(old), file)
    with open(path, "w") as f:
        f.write(sound.replace(old, new))
    os.rename(made, made + ".sound")
    try:
        build(TOP)
        by = caught_by(TOP, name)
    finally:
        os.rename(made + ".sound", made)
        with open(path, "w") as f:
            f.write(sound)
    return by, None if by else "nothing noticed"


def try_sound(kind):
    """Without a mutant nothing must be noticed."""
    return caught_by(TOP, kind)


def told(todo, results):
    """How many were missed."""
    missed = 0
    for number, (mutant, (by, wrong)) in enumerate(zip(todo, results), 1):
        missed += wrong is not None
        print("%s %d - mutant: %s%s" % (
            "not ok" if wrong else "ok", number, mutant[0],
            ": " + wrong if wrong else " # by " + by), flush=True)
    print("1..%d" % len(todo))
    return missed


def main(argv):
    jobs = 1
    if "--jobs" in argv:
        at = argv.index("--jobs")
        jobs = int(argv[at + 1])
        argv[at:at + 2] = []
    todo = [m for m in MUTANTS if not argv or any(w in m[0] for w in argv)]
    if os.geteuid() != 0:
        todo = [m for m in todo if m[0] not in (
            "root works as root", "foreign files are taken")]
    if not todo:
        raise SystemExit("act_mutants.py: no mutant has such a name")
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="baredot-mutants-") as top:
        copies = multiprocessing.Queue()
        prepare(top + "/0")
        build(top + "/0")
        for i in range(jobs):
            if i > 0:
                shutil.copytree(top + "/0", top + "/%d" % i)
            copies.put(top + "/%d" % i)
        kinds = sorted({"".join(n.rpartition(": ")[:2]) for n, *_ in todo})
        with multiprocessing.Pool(jobs, take_copy, (copies,)) as pool:
            for by in pool.imap(try_sound, kinds):
                if by is not None:
                    raise SystemExit("without a mutant it fails too: %s" % by)
            missed = told(todo, pool.imap(try_mutant, todo))
    print("# %d mutants, %d missed, %.0f s" % (
        len(todo), missed, time.monotonic() - start))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
