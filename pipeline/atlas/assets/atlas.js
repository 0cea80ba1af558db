// The page's script. Text from data reaches the page as text nodes only, never as markup.
var schoolshed = (function () {
  "use strict";
  var HIDDEN = "#d5d8dc", INK = "#4a5a6a", PICKED = "#f2a900";
  var COUNTED = ["count", "count_moe", "whole", "whole_moe"];
  var data = unpack(JSON.parse(document.getElementById("data").textContent));
  var shapes = {}, map = null, view = null, dots = null, picked = -1, moved = false, tables = {};
  var order = {};  // table: {column, down}
  var dimmed = false;  // whether places that a search leaves out are faint
  var FEW = 15, unfolds = [];  // an annex shows its first rows likewise
  var MANY = 100, all = false;  // a long table shows its first rows until the others are asked for
  var LONG = 2000;  // rows up to which a picked one, that is not among the first, is shown among all; beyond, by itself
  var $ = function (id) { return document.getElementById(id); };

  // ---- the data block as it was before it was made small (pipeline/atlas/compact.py) ----
  function unpack(page) {
    var letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_", at = {};
    letters.split("").forEach(function (letter, place) { at[letter] = place; });
    // numbers as whole steps above the least, each in as many letters
    function steps(packed) {
      var out = [], scale = Math.pow(10, packed.tens);
      for (var start = 0; start < packed.at.length; start += packed.wide) {
        var code = 0;
        for (var place = start; place < start + packed.wide; place += 1) code = 64 * code + at[packed.at.charAt(place)];
        out.push(code ? (code - 1 + packed.low) / scale : null);
      }
      return out;
    }
    function list(packed) { return !Array.isArray(packed) && packed.wide ? steps(packed) : Array.isArray(packed) ? packed : packed.at.split("").map(function (letter) { return packed.of[at[letter]]; }); }
    function spread(columns) { return columns.length ? columns[0].map(function (_, row) { return columns.map(function (column) { return column[row]; }); }) : []; }
    function table(packed) {
      var columns = packed.columns.map(function (column) {
        var cells = list(column.cells), seconds = column.pair && list(column.seconds);
        delete column.cells; delete column.seconds;
        ["pair", "explain", "group", "short"].forEach(function (name) { column[name] = column[name] || ""; });
        return seconds ? cells.map(function (cell, row) { return [cell, seconds[row]]; }) : cells;
      });
      packed.rows = packed.size ? spread(columns) : [];
    }
    function ring(text, origin) {
      var out = [], here = [origin[0], origin[1]], place = 0;
      function step() {
        var value = 0, shift = 0, code;
        do { code = at[text.charAt(place)]; place += 1; value += (code & 31) * Math.pow(2, shift); shift += 5; } while (code > 31);
        return value % 2 ? -(value + 1) / 2 : value / 2;
      }
      while (place < text.length) { here[0] += step(); here[1] += step(); out.push([here[0] / 1e5, here[1] / 1e5]); }
      return out;
    }
    function shape(text, layer) {
      var parts = text.split(";").map(function (part) { return part.split(",").map(function (one) { return ring(one, layer.origin); }); });
      if (layer.areas) return { type: "MultiPolygon", coordinates: parts.map(function (rings) { return rings.map(function (vertices) { return vertices.concat([vertices[0]]); }); }) };
      return parts[0][0].length > 1 ? { type: "LineString", coordinates: parts[0][0] } : { type: "Point", coordinates: parts[0][0][0] };
    }
    function layer(packed) {
      return packed && { type: "FeatureCollection", features: packed.features.map(function (text, row) { return { type: "Feature", id: row, properties: {}, geometry: text === null ? null : shape(text, packed) }; }) };
    }
    page.annexes.forEach(table);
    Object.keys(page.tables || {}).forEach(function (key) {
      var own = page.tables[key], bars = own.bars;
      table(own);
      own.series.forEach(function (one) { one.steps.forEach(function (step) { ["values", "low", "high", "margins"].forEach(function (name) { if (step[name]) step[name] = list(step[name]); }); }); });
      own.counts.forEach(function (made) { COUNTED.forEach(function (name) { if (made[name]) made[name] = made[name].like ? own.counts[made[name].like[0]][COUNTED[made[name].like[1]]] : list(made[name]); }); });
      own.since.forEach(function (fact) { ["from", "to", "evidence", "why"].forEach(function (name) { fact[name] = list(fact[name]); }); });
      if (bars) { bars.values = spread(bars.values.map(list)); bars.most = spread(bars.most.map(list)); }
      page.shapes[key] = layer(page.shapes[key]);
    });
    (page.views || []).forEach(function (item) {
      var own = page.tables[item.table];
      item.noun = own.noun; item.points = own.points; item.approximate = own.approximate; item.weak = [];
      item.index = item.index.split("").map(function (letter, row) {
        var hatched = "abcde".indexOf(letter);
        if (hatched >= 0) item.weak.push(row);
        return letter === "-" ? -1 : hatched >= 0 ? hatched : Number(letter);
      });
    });
    ["backdrop", "border"].forEach(function (name) { if (page[name]) page[name] = layer(page[name]); });
    ["pockets", "lines", "dots"].forEach(function (name) { if (page[name] && page[name].shapes) page[name].shapes = layer(page[name].shapes); });
    return page;
  }

  function el(tag, name, text) {
    var node = document.createElement(tag);
    if (name) node.className = name;
    if (text !== undefined && text !== null) node.textContent = text;
    return node;
  }
  function svg(tag, values) {
    var node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.keys(values).forEach(function (key) { node.setAttribute(key, values[key]); });
    return node;
  }

  // ---- words: a page in another language brings its messages; in English a message says itself ----
  var LOCALE = document.documentElement.lang === "es" ? "es-US" : "en-US";
  function tell(message, parts) {
    var told = (data.messages || {})[message] || message;
    return parts ? told.replace(/\{(\w+)\}/g, function (slot, name) { return parts[name]; }) : told;
  }

  // ---- numbers as words -------------------------------------------------------------
  var formats = [];  // made once: a browser takes long to make one
  function printed(digits) {
    if (!formats[digits]) formats[digits] = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return formats[digits];
  }
  function rounded(value, digits) {
    var scale = Math.pow(10, digits || 0);
    var whole = Math.floor(Math.abs(value) * scale + 0.5 + 1e-9) / scale;
    return (value < 0 && whole ? "\u2212" : "") + printed(digits || 0).format(whole);
  }
  // a change with its sign; what rounds to nothing has none
  function signed(value, digits) {
    var told = rounded(value, digits);
    return (value > 0 && told !== rounded(0, digits) ? "+" : "") + told;
  }
  function one(form, value) {
    if (value === null || value === undefined) return null;
    if (typeof value === "string") return value;
    if (form === "tenths") return value <= 0.05 ? tell("under 5%") : value >= 0.95 ? tell("over 95%") : rounded(100 * value) + "%";
    if (form === "percent") return rounded(100 * value) + "%";
    if (form === "share") return rounded(100 * value, 1) + "%";
    if (form === "chance") return value < 1 && rounded(100 * value) === "100" ? tell("over 99%") : value > 0 && rounded(100 * value) === "0" ? tell("under 1%") : rounded(100 * value) + "%";
    if (form === "share_change") return signed(100 * value, 1) + "%";
    if (form === "points") return value ? tell("{n} points", { n: signed(100 * value) }) : tell("not moved");
    if (form === "change") return signed(value);
    if (form === "index") return rounded(value, value % 1 ? 2 : 0);
    if (form === "km") return rounded(value / 1000, 1) + " km";
    if (form === "calendar_year") return String(value);
    if (form === "year") return value + "-" + ("0" + (value + 1) % 100).slice(-2);
    return typeof value === "number" ? rounded(value) : value;
  }
  function written(column, value) {
    if (!column.pair) return one(column.form, value);
    var first = one(column.form, value[0]), second = one(column.form === "change" && column.pair === "margin" ? "whole" : column.form, value[1]);
    if (column.pair === "margin") return first === null ? null : second === null ? first : first + " \u00b1 " + second.replace("%", "");
    if (first === null || second === null) return first === null ? second : first;
    if (column.pair === "of") return tell("{n} of {n2}", { n: first, n2: second });
    return first === second ? first : tell("{n} to {n2}", { n: first, n2: second });
  }
  function weight(value) { return Array.isArray(value) ? value[0] : value; }

  // ---- tables -----------------------------------------------------------------------
  function isWords(column) { return column.form === "text" || column.form === "word"; }
  function headCell(column, label, sorted, sort) {
    var cell = el("th", column && isWords(column) ? "words" : ""), button = el("button", "", label);
    cell.scope = "col";
    button.type = "button";
    if (column && column.explain) button.title = column.explain;
    if (label.length > 22) cell.classList.add("long-head");
    if (sorted) cell.setAttribute("aria-sort", sorted);
    button.addEventListener("click", sort);
    cell.appendChild(button);
    return cell;
  }
  function ranks(rows, place, down, words) {
    var list = rows.map(function (_, row) { return row; });
    if (place === null) return list;
    return list.sort(function (a, b) {
      var x = place === "name" ? rows[a].name : weight(rows[a].cells[place]);
      var y = place === "name" ? rows[b].name : weight(rows[b].cells[place]);
      if (x === null || y === null) return x === y ? a - b : x === null ? 1 : -1;
      if (words && words.indexOf(x) >= 0 && words.indexOf(y) >= 0) { x = words.indexOf(x); y = words.indexOf(y); }
      if (typeof x !== typeof y) return typeof x === "number" ? -1 : 1;
      var sign = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), LOCALE, { numeric: true });
      return (down ? -sign : sign) || a - b;
    });
  }
  function long(value) { return typeof value === "string" && value.length > 40 ? " long" : ""; }
  function dataCell(column, value, name) {
    var text = written(column, value), cell = el("td", name + (text !== null && String(text).length < 22 ? " short" : ""));
    if (text === null) {
      cell.appendChild(el("span", "unseen", tell("not known")));
      var dash = el("span", "moe", "\u2013");
      dash.setAttribute("aria-hidden", "true");
      cell.appendChild(dash);
    } else if (column.pair === "margin" && text.indexOf(" \u00b1 ") > 0) {
      cell.appendChild(document.createTextNode(text.split(" \u00b1 ")[0]));
      cell.appendChild(el("span", "moe", " \u00b1 " + text.split(" \u00b1 ")[1]));
    } else cell.textContent = text;
    return cell;
  }
  function shownColumns(table) {
    var shown = table.columns.findIndex(function (column) { return column.key === view.column; });
    var group = table.columns[shown].group, list = [];
    if (view.key === COMPARED) return [shown, shown + 1, shown + 2];
    table.columns.forEach(function (column, place) {
      if (!column.panel_only && (column.always || (group && column.group === group))) list.push(place);
    });
    return list.indexOf(shown) < 0 ? [shown].concat(list) : list;
  }
  function drawTable() {
    var table = data.tables[view.table], columns = shownColumns(table), sort = order[view.table];
    var head = el("tr"), body = document.createDocumentFragment();
    var query = $("find").value.trim().toLocaleLowerCase();
    $("caption").textContent = table.caption + " (" + count(table.rows.length) + ")";
    function by(column) {
      return function () {
        var numbers = column !== "name" && !isWords(table.columns[column]) && table.columns[column].form !== "rank";
        order[view.table] = { column: column, down: sort && sort.column === column ? !sort.down : numbers };
        drawTable();
        var heads = $("table").tHead.rows[0].cells, at = column === "name" ? 0 : columns.indexOf(column) + 1;
        heads[at].firstChild.focus();
      };
    }
    function state(column) { return sort && sort.column === column ? (sort.down ? "descending" : "ascending") : ""; }
    head.appendChild(headCell({ form: "text" }, table.noun[0].charAt(0).toUpperCase() + table.noun[0].slice(1), state("name"), by("name")));
    columns.forEach(function (place) {
      var cell = headCell(table.columns[place], table.columns[place].label, state(place), by(place));
      if (table.columns[place].key === view.column) cell.classList.add("shown");
      head.appendChild(cell);
    });
    var rows = table.rows.map(function (cells, row) { return { cells: cells, name: table.names[row] }; });
    var found = 0, searched = $("find").value.trim();
    ranks(rows, sort ? sort.column : null, sort && sort.down, sort && sort.column !== "name" ? table.columns[sort.column].words : null).forEach(function (row) {
      if (query && (table.names[row] + " " + table.ids[row]).toLocaleLowerCase().indexOf(query) < 0) return;
      found += 1;
      if (found > MANY && !all && !(row === picked && !query && table.rows.length > LONG)) return;
      var line = el("tr", "row" + (row === picked ? " picked" : "")), name = el("th"), box = el("span", "name"), button = el("button", "", table.names[row]);
      line.dataset.row = row;
      name.scope = "row";
      button.type = "button";
      button.setAttribute("aria-pressed", row === picked ? "true" : "false");
      box.appendChild(swatch(row));
      box.appendChild(button);
      name.appendChild(box);
      line.appendChild(name);
      columns.forEach(function (place) {
        var column = table.columns[place];
        line.appendChild(dataCell(column, table.rows[row][place], (isWords(column) ? "words" : "") + long(table.rows[row][place]) + (column.pair ? " pair" : "") + (column.key === view.column ? " shown" : "")));
      });
      body.appendChild(line);
    });
    if (found > MANY && !all) {
      var rest = el("tr"), wide = el("td", "words"), more = el("button", "more-rows", tell(searched ? "Show the other {n} found" : "Show the other {t}", { n: count(found - MANY), t: noun(found - MANY, table.noun) }));
      more.type = "button";
      more.addEventListener("click", showAll);
      wide.colSpan = columns.length + 1;
      wide.appendChild(more);
      rest.appendChild(wide);
      body.appendChild(rest);
    }
    if (!found) {
      var none = el("tr"), cell = el("td", "words", tell("Nothing here has that name."));
      cell.colSpan = columns.length + 1;
      none.appendChild(cell);
      body.appendChild(none);
    }
    $("table").tHead.replaceChildren(head);
    $("table").tBodies[0].replaceChildren(body);
    if (query) say(tell("{n} found", { n: found }));
    hints();
    if (query || dimmed) dim(query);
    dimmed = Boolean(query);
  }
  // a table wider than its box says so, and where it goes on
  function hints() {
    Array.prototype.forEach.call(document.querySelectorAll(".scroll, .wide"), function (box) {
      var hint = box.previousElementSibling, wide = box.scrollWidth > box.clientWidth + 1;
      if (!hint || !hint.classList.contains("sideways")) {
        hint = el("p", "sideways", tell("More columns: scroll the table sideways \u2192"));
        box.parentNode.insertBefore(hint, box);
      }
      hint.hidden = !wide;
      box.classList.toggle("cut", wide);
    });
  }
  function showAll() {
    all = true;
    drawTable();
  }
  function plainTable(annex) {
    var box = el("section", "card annex");
    if (!annex.rows.length) {
      box.appendChild(el("h2", "", annex.caption));
      box.appendChild(el("p", "", annex.empty || tell("Nothing to list.")));
      return box;
    }
    var wide = el("div", "wide"), table = el("table"), head = el("thead"), body = el("tbody"), line = el("tr"), sort = null, more = null;
    var caption = table.appendChild(el("caption", "")).appendChild(el("h2", "")), whole = annex.rows.length <= FEW;
    caption.appendChild(el("span", "", annex.caption + (annex.rows.length > FEW ? " (" + count(annex.rows.length) + ")" : "")));
    wide.tabIndex = 0;
    wide.setAttribute("role", "region");
    wide.setAttribute("aria-label", annex.caption);
    function fill() {
      var rows = annex.rows.map(function (cells) { return { cells: cells }; });
      var sorted = ranks(rows, sort ? sort.column : null, sort && sort.down, sort && annex.columns[sort.column].words);
      if (more) more.parentNode.hidden = whole;
      body.replaceChildren.apply(body, (whole ? sorted : sorted.slice(0, FEW)).map(function (row) {
        var tr = el("tr");
        annex.columns.forEach(function (column, place) {
          var value = annex.rows[row][place];
          tr.appendChild(dataCell(column, value, (isWords(column) ? "words" : "") + long(value)));
        });
        return tr;
      }));
      Array.prototype.forEach.call(line.cells, function (cell, place) {
        if (sort && sort.column === place) cell.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
        else cell.removeAttribute("aria-sort");
      });
    }
    annex.columns.forEach(function (column, place) {
      line.appendChild(headCell(column, column.label, "", function () {
        sort = { column: place, down: sort && sort.column === place ? !sort.down : !isWords(column) && column.form !== "rank" };
        fill();
      }));
      if (column.key === annex.sort) sort = { column: place, down: false };
    });
    head.appendChild(line);
    table.appendChild(head);
    table.appendChild(body);
    wide.appendChild(table);
    box.appendChild(wide);
    if (!whole) {
      more = el("button", "more-rows", tell(annex.rows.length - FEW === 1 ? "Show the other {n} row" : "Show the other {n} rows", { n: count(annex.rows.length - FEW) }));
      more.type = "button";
      box.appendChild(el("p", "rest")).appendChild(more);
      more.addEventListener("click", function () { unfold(); wide.focus(); });
      unfolds.push(unfold);
    }
    function unfold() { whole = true; fill(); }
    fill();
    return box;
  }

  // ---- colours ----------------------------------------------------------------------
  function hatch(place) { return "url(#hatch-" + place + ")"; }
  function fillOf(row) {
    var place = view.index[row];
    if (place < 0) return HIDDEN;
    return view.weakSet[row] ? hatch(place) : view.classes[place].color;
  }
  function colored(fill, name) {
    var box = el("span", "swatch " + (name || ""));
    box.setAttribute("aria-hidden", "true");
    if (fill.charAt(0) === "#") box.style.backgroundColor = fill;
    else {
      var picture = svg("svg", { viewBox: "0 0 16 16" });
      picture.appendChild(svg("rect", { width: 16, height: 16, fill: fill }));
      box.appendChild(picture);
    }
    return box;
  }
  function swatch(row) { return colored(fillOf(row), view.points ? "round" : ""); }
  function drawHatches() {
    var old = $("hatches"), defs = svg("defs", {}), holder = svg("svg", { width: 0, height: 0, id: "hatches", "class": "unseen", "aria-hidden": "true" });
    view.classes.forEach(function (kind, place) {
      var pattern = svg("pattern", { id: "hatch-" + place, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
      pattern.appendChild(svg("rect", { width: 7, height: 7, fill: kind.color }));
      pattern.appendChild(svg("rect", { width: 2.2, height: 7, fill: dark(kind.color) ? "#ffffff" : "#7b8894", "fill-opacity": 0.85 }));
      defs.appendChild(pattern);
    });
    holder.appendChild(defs);
    if (old) old.replaceWith(holder); else document.body.appendChild(holder);
  }
  function dark(color) {
    var n = parseInt(color.slice(1), 16);
    return 0.3 * (n >> 16) + 0.59 * (n >> 8 & 255) + 0.11 * (n & 255) < 160;
  }
  function styleOf(row) {
    var approximate = view.approximateSet[row];
    if (view.points) return { radius: radius(row), color: row === picked ? PICKED : INK, weight: row === picked ? 4 : view.index.length > 400 ? 0.6 : 1.5, fillColor: fillOf(row), fillOpacity: 1 };
    return { color: row === picked ? PICKED : INK, weight: row === picked ? 5 : (approximate ? 1.4 : 0.8) * thin(view.index.length), dashArray: approximate && row !== picked ? "5 4" : null, fillColor: fillOf(row), fillOpacity: 1, opacity: 1 };
  }
  function radius(row) {
    var many = view.index.length;
    return (many > 1200 ? 3 : many > 400 ? 4.5 : 8) + (row === picked ? 3 : 0) - (view.index[row] < 0 && many > 400 ? 1 : 0);
  }
  function thin(areas) { return areas > 800 ? 0.35 : areas > 250 ? 0.6 : 1; }
  function paint() {
    var group = shapes[view.table];
    group.eachLayer(function (shape) {
      if (!shape.feature) return;
      shape.setStyle(styleOf(shape.feature.id));
      if (view.points && shape.setRadius) shape.setRadius(radius(shape.feature.id));
    });
    if (view.points) group.rows.forEach(function (shape, row) { if (shape && view.index[row] < 0) shape.bringToBack(); });
    if (view.points && shapes.backdrop) shapes.backdrop.bringToBack();
    ["border", "pockets"].forEach(function (name) { if (shapes[name]) shapes[name].bringToFront(); });
    if (picked >= 0 && group.rows[picked]) group.rows[picked].bringToFront();
    if (shapes.lines) shapes.lines.bringToFront();
    if (dots && map.hasLayer(dots)) dots.bringToFront();
  }
  function dim(query) {
    var table = data.tables[view.table];
    shapes[view.table].rows.forEach(function (shape, row) {
      var fits = !query || (table.names[row] + " " + table.ids[row]).toLocaleLowerCase().indexOf(query) >= 0;
      if (shape) shape.setStyle({ fillOpacity: fits ? 1 : 0.15, opacity: fits ? 1 : 0.3 });
    });
  }

  // ---- legend -----------------------------------------------------------------------
  function count(amount) { return amount.toLocaleString(LOCALE); }
  function noun(amount, words) { return count(amount) + " " + (amount === 1 ? words[0] : words[1]); }
  function legendLine(mark, label, amount, words) {
    var line = el("li"), text = el("span");
    line.appendChild(mark);
    text.appendChild(document.createTextNode(label + " "));
    if (amount) text.appendChild(el("span", "amount", "(" + (words ? noun(amount, words) : count(amount)) + ")"));
    line.appendChild(text);
    return line;
  }
  function drawLegend() {
    var box = $("legend"), list = el("ul"), extra = el("ul"), hidden = view.index.filter(function (place) { return place < 0; }).length;
    box.replaceChildren(el("h2", "", view.label), el("p", "", view.explain));
    view.classes.forEach(function (kind) {
      if (!kind.count) return;
      list.appendChild(legendLine(colored(kind.color, view.points ? "round" : ""), kind.label, kind.count, list.childNodes.length ? null : view.noun));
    });
    if (hidden) list.appendChild(legendLine(colored(HIDDEN), tell("not known or not shown"), hidden));
    box.appendChild(list);
    if (view.weak.length) extra.appendChild(legendLine(colored(hatch(view.index[view.weak[0]])), view.weak_label, view.weak.length));
    if (view.approximate.length) extra.appendChild(legendLine(el("span", "swatch dashed"), tell("approximate"), view.approximate.length));
    if (shapes.pockets) extra.appendChild(legendLine(el("span", "swatch outline"), tell("pocket of change, with the change in children"), data.pockets.labels.length));
    if (shapes.lines) [["line", "swatch stroke", tell("a school and the site it would share")], ["placed", "swatch round found", tell("school with a place")], ["waiting", "swatch round waiting", tell("school without one")]].forEach(function (kind) {
      var amount = data.lines.kinds.filter(function (own) { return own === kind[0]; }).length;
      if (amount) extra.appendChild(legendLine(el("span", kind[1]), kind[2], amount));
    });
    if (extra.childNodes.length) box.appendChild(extra);
    if (dots && $("dots").checked) {
      var points = el("ul");
      var word = view.level && data.dots.levels.length ? { elementary: tell("{t} with grades of elementary school"), middle: tell("{t} with grades of middle school"), high: tell("{t} with grades of high school") }[view.level] : "{t}";
      points.setAttribute("aria-label", data.dots.label);
      data.dots.classes.forEach(function (kind, place) {
        var amount = data.dots.index.filter(function (own, row) { return own === place && serves(row); }).length;
        if (amount) points.appendChild(legendLine(colored(kind.color, "round"), word.replace("{t}", data.dots.label) + ": " + kind.label.toLowerCase(), amount));
      });
      box.appendChild(points);
    }
  }

  // ---- panel ------------------------------------------------------------------------
  function drawPanel() {
    var box = $("panel"), table = data.tables[view.table];
    box.hidden = picked < 0;
    if (picked < 0) return;
    var top = el("div", "top"), close = el("button", "", "\u00d7");
    close.type = "button";
    close.setAttribute("aria-label", tell("Close {name}", { name: table.names[picked] }));
    close.addEventListener("click", function () { pick(-1); $("table").focus(); });
    top.appendChild(el("h2", "", table.names[picked]));
    top.appendChild(close);
    box.replaceChildren(top);
    if (view.weakSet[picked]) box.appendChild(el("p", "warn", view.weak_label + "."));
    if (view.approximateSet[picked]) box.appendChild(el("p", "warn", tell("The border is a stand-in, or people were placed by plain area: the numbers are approximate.")));
    var inBars = {}, charts = table.series.filter(function (series) { return series.has_chart; });
    if (table.bars) table.bars.parts.forEach(function (part) { inBars[part.field] = true; });
    if (view.key === COMPARED) difference(box, table);
    charts.slice(0, 1).forEach(function (series) { trend(box, series); });
    var list = el("dl"), group = "";
    table.columns.forEach(function (column, place) {
      if (inBars[column.key] || place >= table.plain) return;
      var text = written(column, table.rows[picked][place]);
      if (column.group !== group) {
        box.appendChild(list);
        if (column.group) box.appendChild(el("h3", "", column.group));
        list = el("dl");
      }
      group = column.group;
      var long = text !== null && text.length > 24 ? "long" : "";
      list.appendChild(el("dt", long, column.group ? column.short : column.label));
      list.appendChild(el("dd", long, text === null ? tell("not known") : text));
    });
    box.appendChild(list);
    if (table.bars) bars(box, table);
    charts.slice(1).forEach(function (series) { trend(box, series); });
    (table.notes[picked] || []).forEach(function (note) {
      var card = el("div", "note");
      card.appendChild(el("p", "", note.statement)).style.fontWeight = "600";
      card.appendChild(el("p", "", note.evidence));
      card.appendChild(el("p", "", tell("Against it: {t}", { t: note.counter_evidence })));
      card.appendChild(el("p", "moe", note.rule + " \u00b7 " + note.reliability));
      box.appendChild(card);
    });
    since(box);
    if (table.leaves) {
      var leaf = el("a", "", tell("Its page in the committee\u2019s packet"));
      leaf.href = leafOf(table.ids[picked]);
      box.appendChild(el("p", "leaf")).appendChild(leaf);
    }
    explained(box);
    box.scrollTop = 0;
  }
  // what was asked, where two are compared: it comes first
  function difference(box, table) {
    var list = el("dl", "difference");
    box.appendChild(el("h3", "", view.label));
    table.columns.slice(table.plain).forEach(function (column, place) {
      var text = written(column, table.rows[picked][table.plain + place]);
      list.appendChild(el("dt", "", column.label));
      list.appendChild(el("dd", "", text === null ? tell("not known") : text));
    });
    box.appendChild(list);
  }
  // how the counts behind a number are said (pipeline/atlas/spec.py, Counts)
  var SAID = {
    of: function (parts) { return tell("{t}: {n} of {n2}.", parts); },
    seats_for: function (parts) { return tell("{t}: {n} quality seats for {n2} resident pupils.", parts); },
    seats_of: function (parts) { return tell("{t}: of {n2} seats.", parts); },
    before_now: function (parts) { return tell("{t}: {n} before, {n2} now.", parts); },
    now_expected: function (parts) { return tell("{t}: {n} now, {n2} expected.", parts); },
    less: function (parts) { return tell("{t}: {n} missing seats, less {n2} served.", parts); },
    ways: function (parts) { return tell("{t}: underutilized by {n} of {n2} ways of counting seats.", parts); },
    pupils: function (parts) { return tell("{t}: counts of pupils are not published.", parts); },
    reach: function (parts) { return tell("{t}: of seats and children within reach, only the ratio to the district\u2019s mean is published.", parts); }
  };
  // the counts behind the shown number; behind an index, those of all its parts
  function counted() {
    var table = data.tables[view.table], whole = table.bars && view.column === table.bars.whole, parts = {};
    if (whole) table.bars.parts.forEach(function (part) { parts[part.field] = true; });
    return table.counts.filter(function (made) { return made.field === view.column || parts[made.field]; }).map(function (made) {
      function told(name) {
        var value = made[name] && made[name][picked], margin = made[name + "_moe"] && made[name + "_moe"][picked];
        return isNumber(value) ? one("whole", value) + (isNumber(margin) ? " \u00b1 " + one("whole", margin) : "") : null;
      }
      function place(key) { return table.columns.findIndex(function (own) { return own.key === key; }); }
      function shown(key) {
        var cell = table.rows[picked][place(key)];
        return isNumber(weight(cell)) ? written(table.columns[place(key)], cell) : null;
      }
      var column = table.columns[place(made.field)], from = made.table;
      if (!made.whole && written(column, table.rows[picked][place(made.field)]) === null) return null;
      if (!made.whole && !from) return SAID[made.form]({ t: column.label });
      var count = from ? shown(from[0]) : told("count"), all = from ? shown(from[1]) : told("whole");
      return all === null || (from || made.count) && count === null || made.form === "ways" && all === "0" ? null : SAID[made.form]({ t: column.label, n: count, n2: all });
    }).filter(Boolean);
  }
  function ofCensus() {
    var table = data.tables[view.table], whole = table.bars && view.column === table.bars.whole;
    return table.counts.some(function (made) { return made.form === "of" && (whole || made.field === view.column); });
  }
  // what the last release told of the place, where it is another number now
  function since(box) {
    var facts = data.tables[view.table].since, words = data.since, list = el("ul"), known = false;
    if (!words) return;
    facts.forEach(function (fact) {
      if (!fact.evidence[picked]) return;
      known = true;
      if (fact.evidence[picked] !== words.unmoved) list.appendChild(el("li", "", thenAndNow(fact)));
    });
    if (words.head && list.childNodes.length) {
      box.appendChild(el("h3", "", words.head));
      list.className = "since";
      box.appendChild(list);
    } else box.appendChild(el("p", "since detail", known ? words.same : words.none));
  }
  // numbers made in two ways stand apart: an arrow would compare them
  function thenAndNow(fact) {
    var parts = { t: fact.what, n: one(fact.form, fact.from[picked]), n2: one(fact.form, fact.to[picked]), t2: fact.evidence[picked], t3: fact.why[picked] };
    return fact.evidence[picked] === data.since.apart ? tell("{t}: then {n}, now {n2}. {t2}. {t3}.", parts) : tell("{t}: {n} \u2192 {n2}. {t2}. {t3}.", parts);
  }
  // the place of a leaf in the packet, as pipeline/atlas/committee_page.py names it
  function leafOf(id) {
    return "packet.html#n-" + Array.from(id).map(function (letter) { return /[0-9A-Za-z]/.test(letter) ? letter : "-" + letter.codePointAt(0).toString(16) + "-"; }).join("").replace(/-+$/, "");
  }
  // what the shown number means, down to its counts, and where it comes from
  function explained(box) {
    if (!view.how || !view.how.length && !view.sources.length) return;
    var fold = el("details", "how"), means = el("ul"), from = el("ul", "from"), counts = counted();
    fold.appendChild(el("summary", "", tell("How \u201c{t}\u201d was computed, and from what", { t: view.label })));
    if (counts.length) {
      var own = el("ul", "counts");
      counts.forEach(function (line) { own.appendChild(el("li", "", line)); });
      fold.appendChild(el("h3", "", tell("Counted here")));
      fold.appendChild(own);
      if (ofCensus()) fold.appendChild(el("p", "detail", tell("Each count of the census comes from its own table: its total may differ from the number of children or people told elsewhere, and may exceed it.")));
      fold.appendChild(el("h3", "", tell("What it means")));
    }
    view.how.forEach(function (line) { means.appendChild(el("li", "", line)); });
    fold.appendChild(means);
    if (view.sources.length) {
      fold.appendChild(el("h3", "", tell("Sources")));
      view.sources.forEach(function (place) { from.appendChild(el("li", "", data.sources[place])); });
      fold.appendChild(from);
    }
    box.appendChild(fold);
  }

  // ---- years and plans ----------------------------------------------------------------
  function isNumber(value) { return typeof value === "number"; }
  // a small chart: counted numbers as a line, expected ones broken, their range shaded
  function trend(box, series) {
    var steps = series.steps.map(function (step) {
      return { label: step.label, expected: step.is_expected, value: step.values[picked], low: step.low && step.low[picked], high: step.high && step.high[picked], margin: step.margins && step.margins[picked] };
    }).filter(function (step) { return isNumber(step.value); });
    if (steps.length < 2) return;
    steps.forEach(function (step) {
      if (isNumber(step.margin)) { step.low = step.value - step.margin; step.high = step.value + step.margin; }
      if (!isNumber(step.low) || !isNumber(step.high)) step.low = step.high = step.value;
    });
    var W = 340, H = 112, L = 44, R = 12, T = 12, B = 20, low = Math.min.apply(null, steps.map(function (s) { return s.low; })), high = Math.max.apply(null, steps.map(function (s) { return s.high; }));
    low = low < 0.6 * high ? Math.min(0, low) : low - (high - low) / 6;
    if (high === low) high = low + 1;
    function x(place) { return L + (W - L - R) * place / (steps.length - 1); }
    function y(value) { return H - B - (H - T - B) * (value - low) / (high - low); }
    function at(place, value) { return x(place).toFixed(1) + " " + y(value).toFixed(1); }
    function line(points, broken) {
      if (points.length > 1) picture.appendChild(svg("path", { d: "M" + points.join("L"), fill: "none", stroke: "#0b6478", "stroke-width": 2, "stroke-dasharray": broken ? "5 3" : "none" }));
    }
    function put(text, left, top, anchor) {
      var node = svg("text", { x: left.toFixed(1), y: top.toFixed(1), "text-anchor": anchor, "font-size": 11, fill: "#42505c" });
      node.textContent = text;
      picture.appendChild(node);
    }
    var told = steps.map(function (step) {
      var range = isNumber(step.margin) ? " \u00b1 " + one(series.form, step.margin).replace("%", "") : step.low !== step.high ? " (" + tell("{n} to {n2}", { n: one(series.form, step.low), n2: one(series.form, step.high) }) + ")" : "";
      return step.label + ": " + one(series.form, step.value) + range + (step.expected ? tell(", expected") : "");
    });
    var picture = svg("svg", { viewBox: "0 0 " + W + " " + H, role: "img", "aria-label": series.label + ". " + told.join("; "), "class": "trend" });
    [low, high].forEach(function (value) {
      picture.appendChild(svg("path", { d: "M" + L + " " + y(value).toFixed(1) + "H" + (W - R), stroke: "#d6dde4" }));
      put(one(series.form, value), L - 5, y(value) + 4, "end");
    });
    var band = steps.map(function (s, place) { return at(place, s.high); }).concat(steps.map(function (s, place) { return at(place, s.low); }).reverse());
    picture.appendChild(svg("path", { d: "M" + band.join("L") + "Z", fill: "#41b6c4", "fill-opacity": 0.28 }));
    var first = steps.findIndex(function (s) { return s.expected; });
    if (first < 0) first = steps.length;
    line(steps.slice(0, first).map(function (s, place) { return at(place, s.value); }), false);
    line(steps.slice(Math.max(first - 1, 0)).map(function (s, place) { return at(place + Math.max(first - 1, 0), s.value); }), true);
    steps.forEach(function (s, place) {
      var dot = svg("circle", { cx: x(place).toFixed(1), cy: y(s.value).toFixed(1), r: 3, fill: s.expected ? "#ffffff" : "#0b6478", stroke: "#0b6478", "stroke-width": 1.5 }), title = svg("title", {});
      title.textContent = told[place];
      dot.appendChild(title);
      picture.appendChild(dot);
    });
    put(steps[0].label, L, H - 5, "start");
    put(steps[steps.length - 1].label, W - R, H - 5, "end");
    box.appendChild(el("h3", "", series.label));
    box.appendChild(picture);
    box.appendChild(el("p", "detail", told[0] + " \u2192 " + told[told.length - 1]));
  }

  // ---- two steps of a series against each other: the map shows the difference -----------
  var COMPARED = "compared", BROWN_TO_GREEN = ["#a6611a", "#dfc27d", "#f5f5f5", "#80cdc1", "#018571"];
  var compared = null;  // {series, from, to}
  function nice(value) {
    if (value <= 1) return 1;
    var power = Math.pow(10, Math.floor(Math.log10(value))), best = 1;
    [1, 2, 5, 10].forEach(function (times) { if (Math.abs(times * power - value) < Math.abs(best * power - value)) best = times; });
    return best * power;
  }
  function quantile(sorted, share) {
    var place = share * (sorted.length - 1), low = Math.floor(place);
    return sorted[low] + (place - low) * ((low + 1 < sorted.length ? sorted[low + 1] : sorted[low]) - sorted[low]);
  }
  // classes about zero, as pipeline/atlas/classes.py makes them
  function aboutZero(values, amount) {
    var whole = values.map(function (value) { return value === null ? null : (value < 0 ? -1 : 1) * Math.floor(Math.abs(value) + 0.5 + 1e-9); });
    var sizes = whole.filter(function (value) { return value; }).map(Math.abs).sort(function (a, b) { return a - b; });
    if (!sizes.length) return { classes: [{ label: tell("no difference"), color: BROWN_TO_GREEN[2], count: whole.filter(isNumber).length }], index: whole.map(function (value) { return value === null ? -1 : 0; }) };
    var small = nice(quantile(sizes, 0.3)), large = nice(quantile(sizes, 0.75));
    if (large <= small) large = 2 * small;
    var cuts = [1 - large, 1 - small, small, large], some = small >= large - 1 ? rounded(small) : tell("{n} to {n2}", { n: rounded(small), n2: rounded(large - 1) });
    var labels = [tell("less by {n} or more", { n: amount(rounded(large)) }), tell("less by {n}", { n: amount(some) }), small > 1 ? tell("within \u00b1{n}", { n: amount(rounded(small - 1)) }) : tell("no difference"), tell("more by {n}", { n: amount(some) }), tell("more by {n} or more", { n: amount(rounded(large)) })];
    var index = whole.map(function (value) { return value === null ? -1 : cuts.filter(function (cut) { return value >= cut; }).length; });
    return { classes: labels.map(function (label, place) { return { label: label, color: BROWN_TO_GREEN[place], count: index.filter(function (own) { return own === place; }).length }; }), index: index };
  }
  function comparison() {
    var table = data.tables[view.table], series = compared.series, a = series.steps[compared.from], b = series.steps[compared.to], share = series.form === "percent";
    var gaps = a.values.map(function (value, row) { return isNumber(value) && isNumber(b.values[row]) ? b.values[row] - value : null; });
    var made = aboutZero(gaps.map(function (gap) { return gap === null ? null : share ? 100 * gap : gap; }), function (text) { return share ? tell("{n} points", { n: text }) : text; });
    var margins = gaps.map(function (gap, row) { return a.margins && b.margins && gap !== null && isNumber(a.margins[row]) && isNumber(b.margins[row]) ? Math.sqrt(a.margins[row] * a.margins[row] + b.margins[row] * b.margins[row]) : null; });
    var tested = margins.some(isNumber), weak = [];
    // a change that the study tested has one verdict on all its maps
    var test = (series.tests || []).find(function (one) { return one.pair.indexOf(compared.from) >= 0 && one.pair.indexOf(compared.to) >= 0; });
    gaps.forEach(function (gap, row) { if (gap !== null && (test ? test.weak.indexOf(row) >= 0 : margins[row] !== null && Math.abs(gap) <= margins[row])) weak.push(row); });
    take(table);
    table.plain = table.columns.length;
    table.columns.push(
      { key: COMPARED, label: tell("Difference"), form: share ? "points" : "change", pair: tested ? "margin" : "", explain: "", group: "", short: "", always: false },
      { key: COMPARED + "from", label: a.label, form: series.form, pair: "", explain: "", group: "", short: "", always: false },
      { key: COMPARED + "to", label: b.label, form: series.form, pair: "", explain: "", group: "", short: "", always: false });
    table.rows.forEach(function (cells, row) { cells.push(tested ? [gaps[row], margins[row]] : gaps[row], a.values[row], b.values[row]); });
    return {
      key: COMPARED, label: tell("{t}: {t2} against {t3}", { t: series.label, t2: b.label, t3: a.label }), table: view.table, column: COMPARED, level: view.level, noun: table.noun, points: table.points,
      explain: tell("The number of {t} less that of {t2}.", { t: b.label, t2: a.label }) + (a.is_expected || b.is_expected ? " " + tell("Expected numbers have a range, which the panel shows.") : ""),
      classes: made.classes, index: made.index, weak: weak, weak_label: test ? test.weak_label : tell("May be no difference: within the 90% margin, each place by itself"), approximate: table.approximate, how: [], sources: []
    };
  }
  // the columns of a comparison go as it goes
  function take(table) {
    if (table.plain === undefined) return;
    table.columns.length = table.plain;
    table.rows.forEach(function (cells) { cells.length = table.plain; });
    delete table.plain;
  }
  function offerSteps() {
    var table = data.tables[view.table], from = $("from");
    $("compare").hidden = !table.series.length;
    from.replaceChildren(option("", tell("nothing")));
    table.series.forEach(function (series, place) {
      var into = from.appendChild(el("optgroup"));
      into.label = series.label;
      series.steps.forEach(function (step, own) { into.appendChild(option(place + "." + own, step.label)); });
    });
    offerOthers();
  }
  function offerOthers() {
    var to = $("to"), chosen = $("from").value.split("."), table = data.tables[view.table];
    to.replaceChildren(option("", "\u2013"));
    to.disabled = chosen.length < 2;
    if (!to.disabled) table.series[chosen[0]].steps.forEach(function (step, own) { if (own !== Number(chosen[1])) to.appendChild(option(own, step.label)); });
  }
  function option(value, text) {
    var node = el("option", "", text);
    node.value = value;
    return node;
  }
  function compare() {
    var chosen = $("from").value.split("."), to = $("to").value;
    if (chosen.length < 2 || to === "") { if (compared) { show($("view").value); address(); } return; }
    compared = { series: data.tables[view.table].series[chosen[0]], from: Number(chosen[1]), to: Number(to) };
    show(COMPARED);
    address();
    say(tell("Shown: {t}", { t: view.label }));
  }

  function bars(box, table) {
    var values = table.bars.values[picked], list = el("ul", "bars"), largest = 0;
    table.bars.values.forEach(function (row) { row.forEach(function (value) { if (Math.abs(value) > largest) largest = Math.abs(value); }); });
    var parts = table.bars.parts.map(function (part, place) { return { part: part, value: values[place], most: table.bars.most[picked][place] }; }).filter(function (item) { return item.value !== null; });
    if (!parts.length) return;
    parts.sort(function (a, b) { return b.value - a.value; });
    var whole = table.columns.findIndex(function (column) { return column.key === table.bars.whole; }), inPoints = table.bars.unit === "points";
    box.appendChild(el("h3", "", tell(inPoints ? "Why: what adds up to {n} points" : "Why: what adds up to {n} standard deviations", { n: whole < 0 ? tell("the whole") : one("index", weight(table.rows[picked][whole])) })));
    parts.forEach(function (item) {
      var place = table.columns.findIndex(function (column) { return column.key === item.part.field; });
      var line = el("li"), label = el("span", "", item.part.label), bar = el("span", "bar"), length = el("span");
      if (place >= 0) {
        var text = written(table.columns[place], table.rows[picked][place]);
        label.appendChild(document.createTextNode(" "));
        label.appendChild(el("span", "detail", text === null ? tell("not known") : text));
      }
      bar.setAttribute("aria-hidden", "true");
      length.style.width = (largest ? 100 * Math.abs(item.value) / largest : 0) + "%";
      if (item.value < 0) length.className = "minus";
      bar.appendChild(length);
      line.appendChild(label);
      line.appendChild(bar);
      line.appendChild(el("span", "adds", tell(item.most === null ? (inPoints ? "{n} points" : "{n}") : inPoints ? "{n} of {n2} points" : "{n} of {n2}", { n: one("index", item.value), n2: item.most === null ? "" : rounded(item.most, item.most % 1 ? 1 : 0) })));
      list.appendChild(line);
    });
    box.appendChild(list);
  }

  // ---- picking ----------------------------------------------------------------------
  function say(text) { $("status").textContent = text; }
  // the panel above takes room from the table: a row that was clicked moves only if it lies out of sight by that
  function intoView(line, clicked) {
    var box = line.closest(".scroll"), head = $("table").tHead.offsetHeight;
    var seen = line.offsetTop >= box.scrollTop + head && line.offsetTop + line.offsetHeight <= box.scrollTop + box.clientHeight;
    if (!clicked || !seen) box.scrollTop = line.offsetTop - Math.max(box.clientHeight / 3, head);
  }
  function pick(row, zoom) {
    var own = null;
    picked = row;
    if (row >= 0 && !all && !$("table").querySelector("tr[data-row='" + row + "']") && !$("find").value.trim()) { if (data.tables[view.table].rows.length > LONG) drawTable(); else showAll(); }
    Array.prototype.forEach.call($("table").tBodies[0].rows, function (line) {
      var on = row >= 0 && line.dataset.row === String(row);
      line.classList.toggle("picked", on);
      var button = line.querySelector("button");
      if (button) button.setAttribute("aria-pressed", on ? "true" : "false");
      if (on) own = line;
    });
    paint();
    drawPanel();
    address();
    if (row < 0) return;
    if (own) intoView(own, zoom);
    var table = data.tables[view.table], place = table.columns.findIndex(function (column) { return column.key === view.column; });
    say(table.names[row] + ": " + table.columns[place].label + " " + (written(table.columns[place], table.rows[row][place]) || tell("not known")));
    var shape = shapes[view.table].rows[row];
    if (zoom && shape) bring(shape);
  }
  // on a phone the panel lies below the map: its head comes into sight, and the picked place stays there
  function peek() {
    var over = $("panel").getBoundingClientRect().top - 0.6 * window.innerHeight;
    if (picked >= 0 && over > 0 && window.matchMedia("(max-width:980px)").matches) window.scrollBy(0, over);
  }
  // the map moves only where the place is out of sight, or too small to be seen, and then as little as needed
  var SMALLEST = 14;  // pixels
  function bring(shape) {
    var calm = { animate: !window.matchMedia("(prefers-reduced-motion: reduce)").matches };
    var box = shape.getLatLng ? L.latLngBounds([shape.getLatLng()]) : shape.getBounds(), within = map.getBounds().contains(box);
    var size = map.latLngToLayerPoint(box.getSouthEast()).subtract(map.latLngToLayerPoint(box.getNorthWest()));
    var steps = shape.getLatLng ? 0 : Math.log2(SMALLEST / Math.max(size.x, size.y, 0.1));
    if (within && steps <= 0) return;
    moved = true;
    if (steps > 0) map.setView(box.getCenter(), Math.min(map.getZoom() + Math.ceil(2 * steps) / 2, wholeZoom() + 2.5), calm);
    else map.panInsideBounds(box.pad(0.5), calm);
    if (!map.getBounds().intersects(box)) map.setView(box.getCenter(), map.getZoom(), { animate: false });
  }
  function frame() { return (view && data.frames[view.table]) || data.bounds; }
  function fit(calm) {
    var size = map.getSize();
    // a window without room (before printing, in a hidden tab) has no zoom that fits
    if (Math.min(size.x, size.y) <= 24) return;
    map.fitBounds(frame(), Object.assign(room(), calm || { animate: false }));
  }
  function wholeZoom() { var off = room(); return map.getBoundsZoom(frame(), false, L.point(off.paddingTopLeft).add(off.paddingBottomRight)); }
  // how far from the frame's edges the drawn area stays: 12 pixels, and further in only where a control would lie over it
  function room() {
    var edge = map.getContainer().getBoundingClientRect(), size = map.getSize(), box = L.latLngBounds(frame()), lines = outline(box), best = null;
    var controls = kept ? [] : Array.prototype.map.call(document.querySelectorAll(".picture .over, .picture .leaflet-control-zoom"), function (control) {
      var own = control.getBoundingClientRect();
      return L.bounds([own.left - edge.left - 4, own.top - edge.top - 4], [own.right - edge.left + 4, own.bottom - edge.top + 4]);
    }).filter(function (own) { return own.max.y > 12 && own.max.x > 0; });  // on a phone the buttons stand above the frame
    function covered(zoom, left, top) {
      function at(place) { return map.project(place, zoom); }
      var corner = at(box.getSouthWest()).add(at(box.getNorthEast())).subtract([left - 12, top - 12]).subtract(size).divideBy(2);
      return lines.some(function (line) {
        var drawn = line.map(function (place) { return at(place).subtract(corner); });
        return controls.some(function (own) { return drawn.some(function (end, place) { return place && L.LineUtil.clipSegment(drawn[place - 1], end, own); }); });
      });
    }
    [12].concat(controls.map(function (own) { return own.max.x; })).forEach(function (left) {
      [12].concat(controls.map(function (own) { return own.max.y; })).forEach(function (top) {
        if (left > size.x / 3 || top > size.y / 3) return;
        var zoom = map.getBoundsZoom(box, false, L.point(left + 12, top + 12));
        if ((!best || zoom > best.zoom) && !covered(zoom, left, top)) best = { zoom: zoom, at: [left, top] };
      });
    });
    return { paddingTopLeft: best ? best.at : [12, 12], paddingBottomRight: [12, 12] };
  }
  // the study's border, where it has one; else the corners of what is shown
  function outline(box) {
    var lines = [];
    if (shapes.border) shapes.border.eachLayer(function (shape) {
      (function flat(list) { if (list.length && list[0].lat === undefined) list.forEach(flat); else if (list.length) lines.push(list.concat([list[0]])); })(shape.getLatLngs());
    });
    return lines.length ? lines : [[box.getSouthWest(), box.getNorthWest(), box.getNorthEast(), box.getSouthEast()]];
  }
  function tip(name, text) {
    var box = el("div", "tip");
    box.appendChild(el("strong", "", name));
    box.appendChild(document.createTextNode(text));
    return box;
  }
  function hush(shape) {
    var node = shape.getElement && shape.getElement();
    if (node) { node.setAttribute("tabindex", "-1"); node.setAttribute("aria-hidden", "true"); }
  }
  function quiet(group) {
    group.on("add", function () { group.eachLayer(hush); });
    return group;
  }

  // ---- called by the map's own script -----------------------------------------------
  function draw(chart, what, key) {
    map = chart;
    if (what === "places") {
      var group = L.geoJSON(data.shapes[key], {
        pointToLayer: function (feature, place) { return L.circleMarker(place, { radius: 8 }); },
        onEachFeature: function (feature, shape) {
          shape.on("click", function () { pick(feature.id); peek(); });
          shape.bindTooltip(function () {
            var table = data.tables[key], place = table.columns.findIndex(function (column) { return column.key === view.column; });
            return tip(table.names[feature.id], table.columns[place].label + ": " + (written(table.columns[place], table.rows[feature.id][place]) || tell("not known")));
          }, { sticky: true, direction: "top", offset: [0, -6] });
        }
      });
      group.rows = [];
      group.eachLayer(function (shape) { group.rows[shape.feature.id] = shape; });
      shapes[key] = quiet(group);
    } else if (what === "backdrop") {
      shapes.backdrop = quiet(L.geoJSON(data.backdrop, { interactive: false, style: { color: "#b4c0ca", weight: 0.8, fillColor: "#fbfcfd", fillOpacity: 1 } })).addTo(map);
    } else if (what === "border") {
      shapes.border = quiet(L.geoJSON(data.border, { interactive: false, style: { color: "#2b3947", weight: 2, fill: false } })).addTo(map);
    } else if (what === "pockets") {
      shapes.pockets = quiet(L.geoJSON(data.pockets.shapes, {
        interactive: false, style: { color: "#111", weight: 3.5, fill: false },
        onEachFeature: function (feature, shape) { shape.bindTooltip(el("span", "", data.pockets.labels[feature.id]), { permanent: true, direction: "center", className: "pocket-label", interactive: false }); }
      })).addTo(map);
      map.on("zoomend viewreset resize", apart);
      setTimeout(apart);
    } else if (what === "lines") {
      shapes.lines = quiet(L.geoJSON(data.lines.shapes, {
        style: function () { return { color: "#b2182b", weight: 3, opacity: 0.9 }; },
        pointToLayer: function (feature, place) {
          return L.circleMarker(place, { radius: 6, color: "#b2182b", weight: 2.5, fillColor: data.lines.kinds[feature.id] === "waiting" ? "#ffffff" : "#b2182b", fillOpacity: 1 });
        },
        onEachFeature: function (feature, shape) { shape.bindTooltip(function () { return tip(data.lines.names[feature.id], data.lines.texts[feature.id]); }, { sticky: true, direction: "top" }); }
      })).addTo(map);
    } else if (what === "dots") {
      var many = data.dots.names.length > 150, crowd = data.dots.names.length > 1200;
      dots = quiet(L.geoJSON(data.dots.shapes, {
        pointToLayer: function (feature, place) {
          return L.circleMarker(place, { radius: crowd ? 2.5 : many ? 3.5 : 5.5, color: "#222", weight: crowd ? 0.5 : many ? 0.8 : 1.4, fillColor: data.dots.classes[data.dots.index[feature.id]].color, fillOpacity: 1 });
        },
        onEachFeature: function (feature, shape) { shape.bindTooltip(function () { return tip(data.dots.names[feature.id], data.dots.texts[feature.id]); }, { direction: "top" }); }
      }));
      dots.rows = [];
      dots.eachLayer(function (shape) { dots.rows[shape.feature.id] = shape; });
      shapes.dots = dots.addTo(map);
      $("dots-choice").hidden = false;
      $("dots-choice").querySelector("span").textContent = data.dots.label;
    }
  }
  // a label that would lie over one already placed waits for a closer look
  function apart() {
    var taken = [];
    Array.prototype.forEach.call(document.querySelectorAll(".pocket-label"), function (label) {
      label.hidden = false;
      var box = label.getBoundingClientRect();
      label.hidden = taken.some(function (other) { return box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top; });
      if (!label.hidden) taken.push(box);
    });
  }
  // schools that serve the level of the view; without a level, all
  function serves(row) { return !view.level || !data.dots.levels.length || data.dots.levels[row].indexOf(view.level) >= 0; }
  function ofLevel() {
    dots.rows.forEach(function (shape, row) {
      if (!shape) return;
      if (serves(row)) { dots.addLayer(shape); hush(shape); } else dots.removeLayer(shape);
    });
  }
  var keptOrder = null;
  function show(key) {
    var before = view;
    if (key === COMPARED) {
      view = comparison();
      if (!before || before.key !== COMPARED) keptOrder = order[view.table];
      order[view.table] = { column: data.tables[view.table].plain, down: true };
    } else {
      if (compared) {
        take(data.tables[view.table]);
        order[view.table] = keptOrder;
        compared = null;
        $("from").value = "";
        $("to").replaceChildren(option("", "\u2013"));
        $("to").disabled = true;
      }
      view = data.views.find(function (item) { return item.key === key; });
    }
    view.weakSet = {};
    view.weak.forEach(function (row) { view.weakSet[row] = true; });
    view.approximateSet = {};
    view.approximate.forEach(function (row) { view.approximateSet[row] = true; });
    if (!before || before.table !== view.table) {
      picked = -1;
      if (before) map.removeLayer(shapes[before.table]);
      shapes[view.table].addTo(map);
      moved = false;
      if (!order[view.table]) {
        var table = data.tables[view.table], start = table.columns.findIndex(function (column) { return column.key === table.sort; });
        order[view.table] = start < 0 ? { column: "name", down: false } : { column: start, down: !table.least_first && table.columns[start].form !== "rank" && !isWords(table.columns[start]) };
      }
    }
    if (!before || before.table !== view.table) offerSteps();
    if (dots) ofLevel();
    drawHatches();
    paint();
    drawTable();
    drawLegend();
    drawPanel();
    var other = !before || before.table !== view.table;
    if ((layout() || other) && !moved) fit();
    names();
  }

  // ---- pictures under the map: only where the study allows a server, and only when asked for ----
  var under = null;
  function streets() {
    var on = $("tiles").checked;
    if (!under) under = L.tileLayer(data.tiles.address, { maxZoom: 19, referrerPolicy: "no-referrer" });
    if (on) under.addTo(map); else map.removeLayer(under);
    map.getContainer().classList.toggle("on-tiles", on);
    $("tiles-credit").hidden = !on;
    $("tiles-credit").textContent = tell("Streets: {any}", { any: data.tiles.credit });
  }

  // ---- names on the map, where they fit -------------------------------------------------
  var pane = null, named = "", labels = [];
  function clearNames() { if (pane) pane.replaceChildren(); named = ""; labels = []; }
  function tint(label) {
    var place = view.index[label.row];
    label.node.classList.toggle("on-dark", !view.points && place >= 0 && !view.weakSet[label.row] && dark(view.classes[place].color));
  }
  function names() {
    if (!pane) {
      pane = map.createPane("names");
      pane.setAttribute("aria-hidden", "true");
    }
    // another layer of the same places: names stay, each light or dark by its new ground
    var where = [view.table, map.getZoom(), map.getCenter(), map.getSize()].join("|");
    if ($("names").checked && named === where) return labels.forEach(tint);
    clearNames();
    if (!$("names").checked) return;
    named = where;
    var table = data.tables[view.table], seen = map.getBounds(), taken = [], own = shapes[view.table].rows, order = own.map(function (_, row) { return row; });
    // nor under the map's own controls, which paper has none of
    var edge = map.getContainer().getBoundingClientRect();
    if (!kept) Array.prototype.forEach.call(document.querySelectorAll(".picture .over, .leaflet-control"), function (control) {
      var box = control.getBoundingClientRect(), a = map.containerPointToLayerPoint([box.left - edge.left, box.top - edge.top]), b = map.containerPointToLayerPoint([box.right - edge.left, box.bottom - edge.top]);
      taken.push([a.x, a.y, b.x, b.y]);
    });
    var fixed = taken.length, others = [];  // points of later classes give way where a place of the first finds no room
    if (view.points) {  // no name lies over a point; those of the first class are named first
      own.forEach(function (shape, row) { var spot = shape && map.latLngToLayerPoint(shape.getLatLng()); if (spot) (view.index[row] ? others : taken).push([spot.x - 7, spot.y - 7, spot.x + 7, spot.y + 7]); });
      fixed = taken.length;
      taken = taken.concat(others);
      order.sort(function (a, b) { return (view.index[a] < 0) - (view.index[b] < 0) || view.index[a] - view.index[b] || a - b; });
    }
    order.forEach(function (row) {
      var shape = own[row];
      if (!shape) return;
      var lines = [table.names[row]], spot = null, wide = 0, high = 0;
      function lies(middle, over) {
        var box = [middle.x - wide / 2, middle.y - high, middle.x + wide / 2, middle.y + high], at = map.layerPointToContainerPoint(middle);
        if (at.x < wide / 2 || at.x + wide / 2 > map.getSize().x || at.y < high || at.y + high > map.getSize().y) return true;
        return taken.some(function (other, place) { return !(over && place >= fixed && place < fixed + others.length) && box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]; });
      }
      if (lines[0].length > 40) return;
      for (var turn = 0; turn < 2 && !spot; turn += 1) {
        if (turn || view.points) lines = halves(table.names[row]);
        wide = Math.max.apply(null, lines.map(widthOf)) + 4;
        high = 6.5 * lines.length;
        var near = shape.getLatLng && beside(shape, wide, high), first = near && view.index[row] === 0;
        spot = near ? near.filter(function (middle) { return !lies(middle); })[0] || first && near.filter(function (middle) { return !lies(middle, true); })[0] : inside(shape, wide, 6 * lines.length, seen);
        if (lines.length < 2 && turn) break;
      }
      if (!spot || !shape.getLatLng && lies(spot)) return;
      taken.push([spot.x - wide / 2, spot.y - high, spot.x + wide / 2, spot.y + high]);
      var label = el("span", "place-name");
      labels.push({ node: label, row: row });
      tint(labels[labels.length - 1]);
      lines.forEach(function (line) { label.appendChild(el("span", "", line)); });
      if (lines.length > 1) label.classList.add("two");
      L.DomUtil.setPosition(label, spot.round());
      pane.appendChild(label);
    });
  }
  var ruler = null, widths = {};
  function widthOf(text) {
    if (!ruler) {
      ruler = document.createElement("canvas").getContext("2d");
      ruler.font = "600 10.5px " + window.getComputedStyle(document.documentElement).fontFamily;
    }
    if (widths[text] === undefined) widths[text] = ruler.measureText(text).width;
    return widths[text];
  }
  // a name on two lines, cut at the blank nearest its middle
  function halves(name) {
    var cut = -1;
    for (var place = 0; place < name.length; place += 1) if (name.charAt(place) === " " && (cut < 0 || Math.abs(place - name.length / 2) < Math.abs(cut - name.length / 2))) cut = place;
    return cut < 0 ? [name] : [name.slice(0, cut), name.slice(cut + 1)];
  }
  // beside a point, where points are few
  function beside(shape, wide, high) {
    if (view.index.length > 60 || !map.getBounds().contains(shape.getLatLng())) return [];
    var middle = map.latLngToLayerPoint(shape.getLatLng());
    return [[0, high + 9], [0, -high - 9], [wide / 2 + 10, 0], [-wide / 2 - 10, 0], [wide / 2 + 4, high + 4], [-wide / 2 - 4, high + 4], [wide / 2 + 4, -high - 4], [-wide / 2 - 4, -high - 4]].map(function (off) { return middle.add(off); });
  }
  // the middle of the longest stretch of an area, as high as a line of text, that is as wide as its name
  function inside(shape, wide, high, seen) {
    if (!seen.intersects(shape.getBounds())) return null;
    var box = L.bounds(map.latLngToLayerPoint(shape.getBounds().getNorthWest()), map.latLngToLayerPoint(shape.getBounds().getSouthEast()));
    if (box.getSize().x < wide || box.getSize().y < 2 * high) return null;
    var rings = [], best = null;
    (function flat(list) { if (list[0].lat === undefined) list.forEach(flat); else rings.push(list.map(function (place) { return map.latLngToLayerPoint(place); })); })(shape.getLatLngs());
    [0.5, 0.4, 0.6, 0.3, 0.7].forEach(function (part) {
      if (best) return;
      var y = box.min.y + part * box.getSize().y, spans = [-high, 0, high].map(function (off) { return across(rings, y + off); });
      spans[1].forEach(function (span) {
        var left = span[0], right = span[1];
        [spans[0], spans[2]].forEach(function (others) {
          var over = others.filter(function (other) { return other[0] < right && other[1] > left; }).sort(function (a, b) { return b[1] - b[0] - a[1] + a[0]; })[0];
          left = over ? Math.max(left, over[0]) : right;
          right = over ? Math.min(right, over[1]) : left;
        });
        if (right - left >= wide && (!best || right - left > best.room)) { best = L.point((left + right) / 2, y); best.room = right - left; }
      });
    });
    return best;
  }
  function across(rings, y) {
    var cuts = [], spans = [];
    rings.forEach(function (ring) {
      ring.forEach(function (a, place) {
        var b = ring[(place + 1) % ring.length];
        if ((a.y > y) !== (b.y > y)) cuts.push(a.x + (y - a.y) * (b.x - a.x) / (b.y - a.y));
      });
    });
    cuts.sort(function (a, b) { return a - b; });
    for (var place = 0; place + 1 < cuts.length; place += 2) spans.push([cuts[place], cuts[place + 1]]);
    return spans;
  }
  function begin() {
    var here = document.querySelector(".band [aria-current]"), menu = here && here.closest("ul");
    if (menu) {
      menu.scrollLeft = here.offsetLeft - menu.offsetLeft - 40;
      menu.addEventListener("focusin", function (event) { event.target.scrollIntoView({ block: "nearest", inline: "nearest" }); });
    }
    data.annexes.forEach(function (annex) { $("annexes").appendChild(plainTable(annex)); });
    hints();
    window.addEventListener("resize", hints);
    window.addEventListener("beforeprint", unfolded);
    window.addEventListener("afterprint", refolded);
    shorten();
    if (!map) return;
    map.getContainer().setAttribute("role", "group");
    map.getContainer().setAttribute("aria-label", tell("Map. Every area is also a row of the table."));
    var several = Object.keys(data.tables).length > 1, groups = {};
    data.views.forEach(function (item) {
      var option = el("option", "", item.label), into = $("view");
      option.value = item.key;
      if (several) {
        into = groups[item.table];
        if (!into) {
          into = groups[item.table] = el("optgroup");
          into.label = data.tables[item.table].caption;
          $("view").appendChild(into);
        }
      }
      into.appendChild(option);
    });
    $("view").addEventListener("change", function () { show($("view").value); address(); say(tell("Shown: {t}", { t: view.label })); });
    $("from").addEventListener("change", function () { offerOthers(); compare(); });
    $("to").addEventListener("change", compare);
    $("names").addEventListener("change", names);
    if (data.tiles) $("tiles").addEventListener("change", streets);
    map.on("zoomend moveend", names);
    map.on("zoomstart", function () { clearNames(); });
    $("find").addEventListener("input", drawTable);
    $("find").addEventListener("keydown", function (event) {
      var first = $("table").tBodies[0].querySelector("tr.row");
      if (event.key === "Enter" && first) pick(Number(first.dataset.row), true);
    });
    $("table").tBodies[0].addEventListener("click", function (event) {
      var line = event.target.closest("tr.row");
      if (line) pick(Number(line.dataset.row) === picked ? -1 : Number(line.dataset.row), true);
    });
    document.addEventListener("keydown", function (event) { if (event.key === "Escape" && picked >= 0) pick(-1); });
    $("dots").addEventListener("change", function () {
      if ($("dots").checked) dots.addTo(map); else map.removeLayer(dots);
      drawLegend();
    });
    $("whole").addEventListener("click", function () { moved = false; fit({}); });
    map.on("dragstart zoomstart", function (event) { if (event.type === "dragstart" || event.originalEvent) moved = true; });
    map.on("resize", function () { if (!moved) fit(); hints(); });
    window.addEventListener("beforeprint", toPaper);
    window.addEventListener("afterprint", fromPaper);
    window.addEventListener("resize", layout);
    show(data.views[0].key);
    fit();
    opened();
    window.addEventListener("hashchange", opened);
  }
  // the address names what is open: Back, a copied link and the page in the other language open it again
  var OURS = /^#(area|view|from)=/;
  function address() {
    var parts = [];
    function part(name, value) { parts.push(name + "=" + encodeURIComponent(value)); }
    if (picked >= 0) part("area", data.tables[view.table].ids[picked]);
    if ($("view").value !== data.views[0].key) part("view", $("view").value);
    if (compared) { part("from", $("from").value); part("to", $("to").value); }
    var ending = parts.length ? "#" + parts.join("&") : "";
    Array.prototype.forEach.call(document.querySelectorAll(".band .language"), function (link) { link.hash = ending; });
    if (ending === window.location.hash || !ending && !OURS.test(window.location.hash)) return;
    try {
      window.history.replaceState(window.history.state, "", ending || window.location.pathname + window.location.search);
    } catch (denied) { return; }  // within another page's frame: the address stays as it was
  }
  // "need.html#area=..." opens that place, of the view that is named or of the first set of places that has it
  function opened() {
    var named = Object.create(null), row = -1;
    if (!OURS.test(window.location.hash)) return;
    try {
      window.location.hash.slice(1).split("&").forEach(function (part) { named[part.split("=")[0]] = decodeURIComponent(part.slice(part.indexOf("=") + 1)); });
    } catch (wrong) { return; }  // not an address of ours
    function has(own) { return data.tables[own.table].ids.indexOf(named.area) >= 0; }
    function turn(key) { $("view").value = key; show(key); }
    if (named.view !== $("view").value && data.views.some(function (own) { return own.key === named.view; })) turn(named.view);
    if (named.from && named.to) {
      $("from").value = named.from;
      offerOthers();
      $("to").value = named.to;
      compare();
    }
    var item = [view].concat(data.views).find(has);
    if (!item) return;
    if (item.table !== view.table) turn(item.key);
    row = data.tables[item.table].ids.indexOf(named.area);
    pick(row);
    if (shapes[view.table].rows[row]) bring(shapes[view.table].rows[row]);
  }
  // on a phone a long answer is cut, so that the map is near; a button gives the rest
  function shorten() {
    var answer = document.querySelector(".answer"), more = el("button", "more-rows", tell("Read the whole answer"));
    if (!answer || window.innerWidth > 700 || answer.offsetHeight < 200) return;
    more.type = "button";
    more.setAttribute("aria-expanded", "false");
    answer.classList.add("long");
    answer.parentNode.appendChild(more);
    more.addEventListener("click", function () { unfold(); answer.tabIndex = -1; answer.focus(); });
    function unfold() { answer.classList.remove("long"); more.remove(); }
    unfolds.push(unfold);
  }
  var forPaper = [];  // folds that were opened for it, to be closed after
  // paper opens nothing: sources and long tables are unfolded for it, and the day is written
  function unfolded() {
    Array.prototype.forEach.call(document.querySelectorAll("details:not([open])"), function (part) { part.open = true; forPaper.push(part); });
    unfolds.forEach(function (unfold) { unfold(); });
    Array.prototype.forEach.call(document.querySelectorAll(".printed"), function (line) {
      line.textContent = tell("Printed on {any}.", { any: new Date().toLocaleDateString(LOCALE, { year: "numeric", month: "long", day: "numeric" }) });
    });
  }
  // a browser lays the page out for paper after it was asked to draw the map: the frame is given its size on paper before
  var PAPER = { width: "180mm", height: "110mm" }, kept = null;  // as atlas.css has it: within the margins of letter and of A4
  function toPaper() {
    if (!all) showAll();
    if (!kept) kept = { center: map.getCenter(), zoom: map.getZoom(), height: $("map").style.height };
    Object.assign($("map").style, PAPER);
    map.invalidateSize({ animate: false, pan: false });
    fit();
    names();
  }
  function fromPaper() {
    if (!kept) return;
    var before = kept;
    kept = null;
    Object.assign($("map").style, { width: "", height: before.height });
    map.invalidateSize({ animate: false, pan: false });
    if (!layout() && !moved) fit();
    if (moved) map.setView(before.center, before.zoom, { animate: false });
  }
  function refolded() { forPaper.splice(0).forEach(function (part) { part.open = false; }); }
  // the map is as high as the window leaves beside its legend
  function layout() {
    var frame = $("map"), legend = $("legend"), top = frame.getBoundingClientRect().top + window.scrollY;
    // beside a table the legend ends within the window: a long one is scrolled
    legend.style.maxHeight = window.innerWidth > 980 ? Math.max(96, window.innerHeight - top - 274) + "px" : "";
    var scrolls = legend.scrollHeight > legend.clientHeight + 1;
    if (scrolls) { legend.tabIndex = 0; legend.setAttribute("role", "region"); legend.setAttribute("aria-label", tell("Legend")); }
    else ["tabindex", "role", "aria-label"].forEach(function (name) { legend.removeAttribute(name); });
    var room = window.innerHeight - top - legend.offsetHeight - 14;
    var high = Math.max(260, Math.min(room, 900)) + "px";
    if (frame.style.height === high) return false;
    frame.style.height = high;
    map.invalidateSize({ animate: false });
    return true;
  }
  return { draw: draw, begin: begin };
})();
