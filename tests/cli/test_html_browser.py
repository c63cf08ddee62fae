"""The page in headless Chromium: it is shown, says nothing on the console,
runs nothing that was in mail, prints, and can be read."""
import os
import sys

sys.dont_write_bytecode = True
from browser import browser
from cli import (FINDINGS, baredot, check, folder, read, run, same, scan,
                 test, write)

ATTACK = (b"</noscript></pre></style></title><script>window.hurt=1</script>"
          b"<img src=x onerror=window.hurt=1><svg onload=window.hurt=1>"
          b"\" autofocus onfocus=window.hurt=1 x='")
MAIL = (b"From: a@example.com\r\nMessage-ID: <%s>\r\n\r\ntext\r\n.\n%s\r\n")

# Ratio of luminance of each text and what is behind it: WCAG 2.2, 1.4.3.
CONTRAST = """
function parts(c) { return c.match(/[\\d.]+/g).map(Number); }
function light(c) {
	var l = parts(c).slice(0, 3).map(function (v) {
		v /= 255;
		return v <= 0.04045 ? v / 12.92 :
		    Math.pow((v + 0.055) / 1.055, 2.4);
	});
	return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2];
}
function behind(e) {
	for (; e !== null; e = e.parentElement) {
		var c = getComputedStyle(e).backgroundColor, p = parts(c);
		if (p.length < 4 || p[3] > 0) return c;
	}
	return "rgb(255, 255, 255)";
}
function faded(e) {
	for (; e !== null; e = e.parentElement)
		if (getComputedStyle(e).opacity !== "1") return true;
	return false;
}
var walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
var bad = [], n = 0;
while (walk.nextNode()) {
	var e = walk.currentNode.parentElement;
	if (walk.currentNode.data.trim() === "" ||
	    e.closest("script, noscript, title") || e.getClientRects().length
	    === 0) continue;
	var a = light(getComputedStyle(e).color), b = light(behind(e));
	var ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
	n++;
	if (ratio < 4.5 || faded(e))
		bad.push(e.tagName + "." + e.className + " " +
		    ratio.toFixed(2));
}
return [n, Array.from(new Set(bad))];
"""


class Made:
    """Pages that several tests look at."""

    def __init__(self, tmp):
        self.samples = write(tmp + "/samples.html", baredot(
            "scan", "-f", "html", "samples").out)
        evil = os.path.join(os.fsencode(tmp), b"mail",
                            ATTACK.replace(b"/", b"|")[:200])
        write(evil + b".eml", MAIL % (ATTACK, ATTACK))
        write(tmp + "/mail/box.mbox", b"".join(
            b"From a@example.com Tue Nov 14 22:13:20 2023\r\n" +
            MAIL % (ATTACK, ATTACK) + b"\r\n" for _ in range(350)))
        ran = baredot("scan", "-f", "html", "-o", tmp + "/evil.html",
                      tmp + "/mail")
        same(ran.status, FINDINGS)
        self.evil = tmp + "/evil.html"
        self.tmp = tmp


MADE, B = None, None


def shown(path, **look):
    B.look(**look)
    B.open(path)
    return B


def quiet():
    said = [line["message"] for line in B.log()]
    same(said, [], "the console")


@test
def it_is_shown_and_says_nothing():
    b = shown(MADE.samples)
    check(b.get("title").startswith("baredot report"))
    same(b.run("return document.compatMode"), "CSS1Compat")
    check(b.run("return getComputedStyle(document.querySelector('.tiles'))"
                ".display") == "grid", "the style is there")
    check(b.run("return document.querySelector('.tools') !== null"),
          "the script has run")
    quiet()


@test
def nothing_that_was_in_mail_runs():
    for scripts in (True, False):
        b = shown(MADE.evil, scripts=scripts)
        b.look()
        b.run("document.querySelectorAll('details').forEach("
              "d => { d.open = true; })")
        b.run("return new Promise(r => setTimeout(r, 300))")
        same(b.run("return typeof window.hurt"), "undefined")
        same(b.run("return document.querySelectorAll('img, script').length"),
             1)
        same(b.run("return document.querySelectorAll('article').length"),
             351)
        same(b.run("return Array.from(document.querySelectorAll('*')).filter("
                   "e => Array.from(e.attributes).some(a => "
                   "/^on/.test(a.name))).length"), 0)
        quiet()


@test
def the_policy_stops_what_would_run():
    """Were the escaping broken, and this a page with an attack in it."""
    page = read(MADE.evil).replace(
        b"<main id", b"<img src=x onerror=window.hurt=1><script>"
        b"window.hurt=1</script><main id", 1)
    b = shown(write(MADE.tmp + "/broken.html", page))
    b.run("return new Promise(r => setTimeout(r, 300))")
    same(b.run("return typeof window.hurt"), "undefined")
    check(any("Content Security Policy" in line["message"]
              for line in b.log()))


@test
def what_is_folded_comes_when_it_is_opened():
    b = shown(MADE.evil)
    same(b.run("return document.querySelectorAll('article').length") <= 101,
         True)
    n = b.run("""
        var d = document.querySelector("details.piece:not([open])");
        d.closest(".store").open = true;
        d.querySelector("summary").click();
        return new Promise(r => setTimeout(
            () => r(d.querySelectorAll("article").length), 200));
    """)
    same(n, 100)
    same(b.run("return document.querySelectorAll('noscript').length > 0"),
         True)


@test
def links_lead_to_what_is_folded():
    b = shown(MADE.samples)
    same(b.run("""
        var a = document.querySelector(".codes tr:last-child a");
        var to = document.getElementById(a.hash.slice(1));
        var before = to.open;
        a.click();
        return new Promise(r => setTimeout(
            () => r([before, to.open]), 200));
    """), [False, True])
    same(b.run("""
        var a = document.querySelectorAll("#stores tbody a")[3];
        a.click();
        return new Promise(r => setTimeout(() => r(document.getElementById(
            a.hash.slice(1)).querySelectorAll("article").length), 200));
    """), 1)


@test
def severities_can_be_left_out():
    b = shown(MADE.samples)
    seen = """return Array.from(document.querySelectorAll(".m%d")).filter(
        e => e.getClientRects().length > 0).length"""
    check(b.run(seen % 3) > 0)
    b.run("document.querySelector('.tools button').click()")
    same(b.run(seen % 3), 0)
    check(b.run(seen % 2) > 0)
    same(b.run("return document.querySelector('.tools button').getAttribute("
               "'aria-pressed')"), "false")


@test
def keys_alone_are_enough():
    b = shown(MADE.samples)

    def press(key):
        b.ask("POST", "/session/%s/actions" % b.session, {"actions": [
            {"type": "key", "id": "k", "actions": [
                {"type": "keyDown", "value": key},
                {"type": "keyUp", "value": key}]}]})

    press("\ue004")                     # Tab
    same(b.run("return document.activeElement.className"), "skip")
    press("\ue007")                     # Enter
    same(b.run("return document.activeElement.id"), "main")
    b.run("document.querySelector('.store:not([open]) > summary').focus()")
    press("\ue007")
    same(b.run("return document.activeElement.parentElement.open"), True)


@test
def text_stands_out_in_light_and_dark():
    for dark in (False, True):
        b = shown(MADE.samples, dark=dark)
        b.run("document.querySelectorAll('details').forEach("
              "(d, i) => { d.open = i < 60; })")
        n, bad = b.run(CONTRAST)
        check(n > 1000, "only %d texts" % n)
        same(bad, [], "dark" if dark else "light")
    back = "return getComputedStyle(document.body).backgroundColor"
    dark = b.run(back)
    b.look()
    check(b.run(back) != dark)


@test
def it_fits_narrow_and_wide_windows():
    for width in (320, 420, 768, 1200, 2400):
        b = shown(MADE.samples, width=width)
        got = b.run("return document.documentElement.scrollWidth")
        check(got <= width, "%d in %d" % (got, width))


@test
def without_scripts_all_is_there():
    b = shown(MADE.samples, scripts=False)
    b.look()
    want = scan("samples").records()[-1]["flagged"]
    same(b.run("return document.querySelectorAll('article').length"), want)
    same(b.run("return document.querySelector('.tools')"), None)


@test
def headings_and_landmarks_are_in_order():
    b = shown(MADE.samples)
    levels = b.run("return Array.from(document.querySelectorAll("
                   "'h1, h2, h3, h4')).map(h => Number(h.tagName[1]))")
    same(levels[0], 1)
    check(all(b <= a + 1 for a, b in zip(levels, levels[1:])), levels)
    same(b.run("return [document.querySelectorAll('header, main, nav')"
               ".length, document.documentElement.lang]"), [3, "en"])
    same(b.run("return Array.from(document.querySelectorAll('section'))"
               ".filter(s => !document.getElementById(s.getAttribute("
               "'aria-labelledby'))).length"), 0)


@test
def it_prints():
    b = shown(MADE.samples, dark=True)
    pdf = b.paper()
    check(pdf.startswith(b"%PDF-") and len(pdf) > 50000, len(pdf))
    same(b.run("return document.querySelectorAll('.store:not([open])')"
               ".length > 0"), True, "folded again")
    quiet()


def main():
    global MADE, B
    from cli import TESTS, Skip
    try:
        with folder() as tmp, browser() as b:
            MADE, B = Made(tmp), b
            run()
    except Skip as why:
        print("1..%d" % len(TESTS))
        for i, t in enumerate(TESTS, 1):
            print("ok %d - %s # SKIP %s" % (i, t.__name__.replace("_", " "),
                                            why))


main()
