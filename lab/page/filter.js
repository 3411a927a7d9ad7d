// SPDX-License-Identifier: GPL-2.0-only
// Filters for the rows.  Without this script all rows are there, and their groups open and close.
"use strict";
const at = id => document.getElementById(id);
const form = at("filter"), all = at("all");
const groups = [...document.querySelectorAll("#matrix tbody")].map(body => ({
	body, trigger: body.querySelector("label").textContent,
	rows: [...body.rows].slice(1).map(row => {
		const name = row.cells[0].textContent, part = name.split(".");
		return { row, name, property: part.length > 2 ? part.pop() : "" };
	}),
}));

function options(select, words) {
	for (const word of [...new Set(words)].filter(Boolean).sort())
		select.add(new Option(word));
}

function word(cell) {
	return cell.className + cell.textContent.slice(0, 2);
}

function wanted(entry, verdict) {
	const cells = [...entry.row.cells].slice(1);

	if (verdict === "d")
		return new Set(cells.map(word)).size > 1;
	return !verdict || cells.some(cell => cell.classList.contains(verdict));
}

function filter() {
	const trigger = at("trigger").value, property = at("property").value;
	const verdict = at("verdict").value, text = at("text").value.trim();
	let shown = 0, total = 0;

	for (const group of groups) {
		let any = 0;

		for (const entry of group.rows) {
			entry.row.hidden = !((!trigger || group.trigger === trigger) &&
				(!property || entry.property === property) &&
				entry.name.includes(text) && wanted(entry, verdict));
			any += !entry.row.hidden;
		}
		group.body.hidden = !any;
		shown += any;
		total += group.rows.length;
	}
	at("count").textContent = `${shown} of ${total} rows`;
}

options(at("trigger"), groups.map(group => group.trigger));
options(at("property"), groups.flatMap(group => group.rows.map(entry => entry.property)));
at("js").hidden = false;
form.addEventListener("submit", event => event.preventDefault());
form.addEventListener("input", event => {
	if (event.target.type !== "checkbox")
		all.checked = ["trigger", "property", "verdict", "text"].some(id => at(id).value);
	filter();
});
filter();
