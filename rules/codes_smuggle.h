/*
 * What the smuggle.* codes mean; a part of codes.c.
 */
#define DIALOGUE "RFC 5321 4.1.1, 3.3"
#define LEFT_BEHIND "Postfix (smtpd.c, cleanup_init.c), Exim (receive.c)"

#define TEXT_SMUGGLE_ATTEMPT \
	.title = "an SMTP dialogue and a second header block", \
	.means = "In the body stand MAIL FROM, RCPT TO and DATA (or BDAT), " \
	    "in this order and on lines of their own, and then fields of a " \
	    "second header block, or the message ends there.  Nothing " \
	    "around it says that it is quoted.  Whoever wrote it wanted a " \
	    "server to take the text before it for a whole message, and " \
	    "the rest for a new one, from whom it likes.  That server did " \
	    "not: else this would be two messages.  The place is that of " \
	    "the dot before the dialogue.  A receiver may have dropped or " \
	    "changed the dot (Postfix removes the line, or leaves spaces " \
	    "around it; Exim makes LF of CR and a space of LF): then it is " \
	    "that of the first command.  Text that is encoded is not looked " \
	    "into, nor a dialogue that was joined into one line.", \
	.affects = "The next server that gets these bytes and ends the data " \
	    "by another rule: see the eod.* finding of the same place.  If " \
	    "there is none, nothing is left that would end them.", \
	.todo = "Find out who sent it: the topmost Received field says which " \
	    "server passed it on, and MAIL FROM in the text who was to be " \
	    "forged.  Other mail from there may have got through: a message " \
	    "whose Received fields begin at your own server.  Before this " \
	    "one goes out again, bring its line ends to one form.", \
	.strings = "521 5.5.2 bare <LF> received (Postfix); 554 5.5.0 SMTP " \
	    "protocol synchronization (Postfix); 500 smtp smuggling (mox)", \
	.source = SEC "; " DIALOGUE "; " LEFT_BEHIND "; CVE-2023-51764, " \
	    "-51765, -51766"
#define TEXT_SMUGGLE_PROBE \
	.title = "mail of a tool that tests for SMTP smuggling", \
	.means = "As smuggle.attempt, or a part of it (some commands, or a " \
	    "dot where the tool puts what it tries), with words that a " \
	    "known tool writes into its mail: SMUGGLINGSTART and " \
	    "SMUGGLINGEND, \"Trying EOD\", \"SMUGGLED EMAIL\" (The-Login's " \
	    "SMTP-Smuggling-Tools), \"This is after a bad mail\" " \
	    "(smtpsmug).  One message means that the sequence did not work; " \
	    "where it did, there are two.", \
	.affects = "Whoever did not order the test: it says that somebody " \
	    "looked for a way in.  The words are easy to copy.", \
	.todo = "Ask who ran it, and compare the dates.  If nobody did, " \
	    "treat it as smuggle.attempt.", \
	.strings = "Subject: Trying EOD (; Subject: SMUGGLED EMAIL (", \
	.source = "github.com/The-Login/SMTP-Smuggling-Tools, " \
	    "smtp_smuggling_scanner.py; github.com/hannob/smtpsmug"
#define TEXT_SMUGGLE_VERBS \
	.title = "SMTP commands in the text", \
	.means = "Two or more different commands of an SMTP transaction " \
	    "stand in lines one behind the other, each all of its line, " \
	    "but there is no whole dialogue with a second header block " \
	    "behind it.  It may be an attempt of which a receiver kept a " \
	    "part, or one that was to send no header; most often it is " \
	    "what somebody typed or means to be typed.", \
	.affects = "As smuggle.attempt, if a dot stands before them that a " \
	    "server takes for the end of data.", \
	.todo = "Read it.", \
	.strings = NULL, \
	.source = DIALOGUE
#define TEXT_SMUGGLE_QUOTED \
	.title = "an SMTP dialogue that is quoted", \
	.means = "SMTP commands, as in smuggle.attempt or smuggle.verbs, but " \
	    "as text about SMTP: each line begins with a mark of quoting, " \
	    "of a diff or of who is speaking (\">\", \"|\", \"+\", \"-\", " \
	    "\"#\", \"*\", \"C:\"), or the lines are indented by four " \
	    "spaces or a tab, stand in a fence of ```, behind a telnet or " \
	    "\"<<\" line, or have a server's replies between them.  A " \
	    "message that begins with its dialogue (batch SMTP) is here " \
	    "too.  Marks at each line make the commands harmless; the other " \
	    "signs an attacker can add.  So behind a dot that no such text " \
	    "has, between breaks that are not the message's own or with a " \
	    "space or a NUL beside it, they do not count.", \
	.affects = "Nobody.", \
	.todo = "Nothing; read it, if the message is no discussion of mail.  " \
	    "It is looked for only where a lone dot or a line of RCPT TO " \
	    "gives a reason.", \
	.strings = NULL, \
	.source = DIALOGUE "; RFC 5321 appendix D"
