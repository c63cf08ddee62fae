"use strict";
/* What the reader opens becomes part of the page: page_findings.c. */
(function () {
	var main = document.getElementById("main");

	function load(details) {
		var held = details.querySelector(":scope > noscript");
		var text;

		if (held === null)
			return;
		text = held.textContent;
		held.remove();
		details.insertAdjacentHTML("beforeend", text);
	}

	/* A link leads to what is folded. */
	function unfold() {
		var at = document.getElementById(
		    decodeURIComponent(location.hash.slice(1)));

		if (at !== null && at.tagName === "DETAILS")
			at.open = true;
	}

	function button(text, to, act) {
		var b = document.createElement("button");

		b.type = "button";
		b.textContent = text;
		b.addEventListener("click", act);
		to.appendChild(b);
		return b;
	}

	/* Which severities are shown. */
	function filter(to) {
		["high", "medium", "low", "info"].forEach(function (name, i) {
			var b = button(name, to, function () {
				var off = main.classList.toggle("no-" +
				    (3 - i));

				b.setAttribute("aria-pressed", String(!off));
			});

			b.setAttribute("aria-pressed", "true");
		});
	}

	function tools(section) {
		var bar = document.createElement("div");

		bar.className = "tools";
		bar.setAttribute("role", "group");
		bar.setAttribute("aria-label", "Messages to show");
		bar.append("Show ");
		filter(bar);
		button("fold all", bar, function () {
			section.querySelectorAll("details[open]").forEach(
			    function (d) { d.open = false; });
		});
		section.querySelector("h2").after(bar);
	}

	document.querySelectorAll("details[open]").forEach(load);
	document.addEventListener("toggle", function (event) {
		if (event.target.tagName === "DETAILS" && event.target.open)
			load(event.target);
	}, true);
	window.addEventListener("hashchange", unfold);
	unfold();
	if (document.getElementById("findings") !== null)
		tools(document.getElementById("findings"));

	/* Paper has no folds: what is there is printed. */
	var folded = [];

	window.addEventListener("beforeprint", function () {
		folded = Array.from(document.querySelectorAll(
		    "details:not([open])")).filter(function (d) {
			return d.querySelector(":scope > noscript") === null;
		});
		folded.forEach(function (d) { d.open = true; });
	});
	window.addEventListener("afterprint", function () {
		folded.forEach(function (d) { d.open = false; });
	});
}());
