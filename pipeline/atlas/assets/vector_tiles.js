// Very many areas: drawn from vector tiles that the page holds as one archive (pipeline/atlas/vector_tiles.py).
//
// The page's script asks Leaflet for a group of shapes. Where the page has an archive of them it is given a group
// that answers likewise, but draws the tiles in sight on one canvas; table, panel, search and legend know no difference.
(function () {
  "use strict";
  var PIXELS = 256;  // of a tile at its own zoom
  var FINE = 9;  // a hatch is drawn so many times as large, and shrunk as it is turned
  var HANDFUL = 16;  // areas of one look drawn by one call

  // ---- the archive: PMTiles, version 3, read in place --------------------------------------
  function reader(bytes, place, end) {
    return {
      more: function () { return place < end; },
      // sums and products, for numbers may be longer than 32 bits
      number: function () {
        var value = 0, scale = 1, byte;
        do { byte = bytes[place]; place += 1; value += (byte & 127) * scale; scale *= 128; } while (byte > 127);
        return value;
      },
      skip: function (size) { place += size; return place; },
      at: function () { return place; }
    };
  }
  // the number of a tile: along a Hilbert curve, after all tiles of lower zooms
  function numberOf(zoom, x, y) {
    var number = (Math.pow(4, zoom) - 1) / 3, side = Math.pow(2, zoom) / 2, right, low, kept;
    for (; side >= 1; side /= 2) {
      right = Math.floor(x / side); low = Math.floor(y / side); x %= side; y %= side;
      number += side * side * (3 * right ^ low);
      if (low) continue;
      if (right) { x = side - 1 - x; y = side - 1 - y; }
      kept = x; x = y; y = kept;
    }
    return number;
  }
  function archive(text) {
    var letters = atob(text), bytes = new Uint8Array(letters.length), view = new DataView(bytes.buffer), known = {}, entries = {};
    for (var place = 0; place < letters.length; place += 1) bytes[place] = letters.charCodeAt(place);
    function long(at) { return view.getUint32(at, true) + view.getUint32(at + 4, true) * 4294967296; }
    var root = reader(bytes, long(8), long(8) + long(16)), data = long(56), count = root.number(), numbers = [], sizes = [], i, last = 0, offset = 0;
    for (i = 0; i < count; i += 1) { last += root.number(); numbers.push(last); }
    for (i = 0; i < count; i += 1) root.number();  // no tile stands for several
    for (i = 0; i < count; i += 1) sizes.push(root.number());
    for (i = 0; i < count; i += 1) {
      var told = root.number();
      offset = told ? told - 1 : offset + sizes[i - 1];
      entries[numbers[i]] = [data + offset, data + offset + sizes[i]];
    }
    return {
      first: bytes[100], last: bytes[101], overlaps: JSON.parse(letters.slice(long(24), long(24) + long(32))).overlaps,
      // the areas of a tile: {id, rings}, each ring its x and y in turn, in units of the world at this zoom
      tile: function (zoom, x, y) {
        var number = numberOf(zoom, x, y), range = entries[number];
        if (!known[number]) known[number] = range ? features(bytes, range[0], range[1], x, y) : [];
        return known[number];
      }
    };
  }

  // ---- a tile: Mapbox Vector Tile, version 2, one layer of polygons ------------------------
  var EXTENT = 4096;
  function fields(bytes, from, end, each) {
    var own = reader(bytes, from, end);
    while (own.more()) {
      var tag = own.number();
      if (tag % 8 === 2) { var size = own.number(), start = own.at(); each(tag >> 3, start, own.skip(size)); } else each(tag >> 3, own.number());
    }
  }
  function features(bytes, from, end, x, y) {
    var found = [];
    fields(bytes, from, end, function (_, start, stop) {
      fields(bytes, start, stop, function (part, begin, close) { if (part === 2) found.push(feature(bytes, begin, close, x * EXTENT, y * EXTENT)); });
    });
    return found;
  }
  function feature(bytes, from, end, x, y) {
    var out = { id: 0, rings: [] };
    fields(bytes, from, end, function (part, value, stop) {
      if (part === 1) out.id = value;
      if (part !== 4) return;
      var own = reader(bytes, value, stop), ring = null;
      function step() { var moved = own.number(); return moved % 2 ? -(moved + 1) / 2 : moved / 2; }
      while (own.more()) {
        var command = own.number(), many = command >> 3;
        if (command % 8 === 1) { ring = []; out.rings.push(ring); }
        if (command % 8 < 7) for (; many; many -= 1) { x += step(); y += step(); ring.push(x, y); }
      }
    });
    return out;
  }
  function holds(area, x, y) {
    var inside = false;
    area.rings.forEach(function (ring) {
      for (var i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
        if ((ring[i + 1] > y) !== (ring[j + 1] > y) && x < ring[i] + (ring[j] - ring[i]) * (y - ring[i + 1]) / (ring[j + 1] - ring[i + 1])) inside = !inside;
      }
    });
    return inside;
  }

  // ---- an area, as the page's script knows shapes ------------------------------------------
  function Area(group, feature, style) {
    var ends = feature.geometry.type === "Point" ? [feature.geometry.coordinates] : feature.geometry.coordinates;
    this.group = group;
    this.feature = feature;
    this.style = { color: "#000000", weight: 1, opacity: 1, fillColor: "#ffffff", fillOpacity: 1, dashArray: null };
    this.box = L.latLngBounds(ends.map(function (end) { return [end[1], end[0]]; }));
    this.heard = {};
    this.setStyle(style);
  }
  Area.prototype = {
    on: function (name, call) { this.heard[name] = call; },
    bindTooltip: function (text, options) { this.text = text; this.group.tipped = options; },
    setStyle: function (style) {
      var own = Object.assign(this.style, style);
      this.look = [own.fillColor, own.fillOpacity, own.color, own.weight, own.opacity, own.dashArray].join();
      this.group.soon();
    },
    bringToFront: function () { this.group.front = this.feature.id; this.group.soon(); },
    getBounds: function () { return this.box; },
    getLatLngs: function () { return this.group.ringsOf(this); }
  };

  // ---- all areas on one canvas --------------------------------------------------------------
  // A renderer of Leaflet, which keeps its canvas over the window; whole pixels at every zoom, no edges of tiles.
  var Areas = L.Renderer.extend({
    initialize: function (held, shapes, options) {
      var group = this;
      L.Renderer.prototype.initialize.call(this, { padding: 0.1, pane: "areas", interactive: options.interactive !== false });
      this.held = held;
      this.front = -1;
      this.areas = [];
      shapes.features.forEach(function (feature) {
        if (!feature.geometry) return;
        var area = group.areas[feature.id] = new Area(group, feature, options.style);
        if (options.onEachFeature) options.onEachFeature(feature, area);
      });
    },
    eachLayer: function (call) { this.areas.forEach(function (area) { call(area); }); },
    bringToBack: function () {},
    bringToFront: function () {},
    beforeAdd: function (map) {
      if (!map.getPane("areas")) map.createPane("areas").style.zIndex = 390;  // below every other shape
    },
    getEvents: function () {
      var events = L.Renderer.prototype.getEvents.call(this);
      if (this.options.interactive) Object.assign(events, { click: this.clicked, mousemove: this.pointed, mouseout: this.left });
      return events;
    },
    _initContainer: function () {
      this._container = L.DomUtil.create("canvas", "");
      this._container.setAttribute("aria-hidden", "true");  // every area is also a row of the table
    },
    _destroyContainer: function () {
      if (this.frame) L.Util.cancelAnimFrame(this.frame);
      this.frame = null;
      this.left();
      L.DomUtil.remove(this._container);
      delete this._container;
    },
    _update: function () {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      var size = this._bounds.getSize(), fine = window.devicePixelRatio || 1;
      L.DomUtil.setPosition(this._container, this._bounds.min);
      this._container.width = Math.round(fine * size.x);
      this._container.height = Math.round(fine * size.y);
      this._container.style.width = size.x + "px";
      this._container.style.height = size.y + "px";
      this.paint();
    },
    // many styles are set at once, and painted once
    soon: function () {
      if (this._map && !this.frame) this.frame = L.Util.requestAnimFrame(function () { this.frame = null; if (!this._map._animatingZoom) this.paint(); }, this);
    },
    zoom: function () { return Math.max(this.held.first, Math.min(this.held.last, Math.floor(this._map.getZoom()))); },
    scale: function () { return PIXELS / EXTENT * this._map.getZoomScale(this._map.getZoom(), this.zoom()); },  // pixels of a unit
    // the tiles of a part of the window, in pixels of its map
    tiles: function (box) {
      var zoom = this.zoom(), size = EXTENT * this.scale(), most = Math.pow(2, zoom) - 1, found = [];
      var from = box.min.divideBy(size).floor(), to = box.max.divideBy(size).floor();
      for (var y = Math.max(0, from.y); y <= Math.min(most, to.y); y += 1) for (var x = Math.max(0, from.x); x <= Math.min(most, to.x); x += 1) found.push(this.held.tile(zoom, x, y));
      return found;
    },
    paint: function () {
      var group = this, context = this._container.getContext("2d"), fine = window.devicePixelRatio || 1, size = this._bounds.getSize();
      var corner = this._map.getPixelOrigin().add(this._bounds.min), scale = this.scale(), done = {}, looks = {}, top = null;
      context.setTransform(fine, 0, 0, fine, 0, 0);
      context.clearRect(0, 0, size.x, size.y);
      context.lineJoin = context.lineCap = "round";
      function outline(shape) {
        shape.rings.forEach(function (ring) {
          context.moveTo(ring[0] * scale - corner.x, ring[1] * scale - corner.y);
          for (var i = 2; i < ring.length; i += 2) context.lineTo(ring[i] * scale - corner.x, ring[i + 1] * scale - corner.y);
          context.closePath();
        });
      }
      // a handful at a time: a call for each area, and one for all of them, take a browser twice as long
      function draw(look) {
        var style = look.style;
        context.fillStyle = group.fill(context, style.fillColor);
        context.strokeStyle = style.color;
        context.lineWidth = style.weight;
        context.setLineDash(style.dashArray ? style.dashArray.split(" ").map(Number) : []);
        for (var from = 0; from < look.shapes.length; from += HANDFUL) {
          context.beginPath();
          look.shapes.slice(from, from + HANDFUL).forEach(outline);
          context.globalAlpha = style.fillOpacity;
          context.fill("evenodd");
          context.globalAlpha = style.opacity;
          context.stroke();
        }
      }
      this.tiles(L.bounds(corner, corner.add(size))).forEach(function (shapes) {
        shapes.forEach(function (shape) {
          var area = group.areas[shape.id];
          if (done[shape.id] || !area) return;
          done[shape.id] = true;
          if (shape.id === group.front) top = { style: area.style, shapes: [shape] };
          else {  // areas that lie over others are drawn one by one, in the order of their rows
            var key = group.held.overlaps ? shape.id : area.look;
            looks[key] = looks[key] || { style: area.style, shapes: [] };
            looks[key].shapes.push(shape);
          }
        });
      });
      Object.keys(looks).forEach(function (key) { draw(looks[key]); });
      if (top) draw(top);
    },
    // a colour, or one of the hatches that the page's script drew for its legend
    fill: function (context, color) {
      var pattern = color.charAt(0) === "#" ? null : document.getElementById(color.slice(5, -1));
      if (!pattern) return color;
      var ground = pattern.children[0], stripe = pattern.children[1], side = Number(pattern.getAttribute("width")), sheet = document.createElement("canvas"), own;
      sheet.width = sheet.height = FINE * side;
      own = sheet.getContext("2d");
      own.scale(FINE, FINE);
      own.fillStyle = ground.getAttribute("fill");
      own.fillRect(0, 0, side, side);
      own.globalAlpha = Number(stripe.getAttribute("fill-opacity"));
      own.fillStyle = stripe.getAttribute("fill");
      own.fillRect(0, 0, Number(stripe.getAttribute("width")), side);
      var hatch = context.createPattern(sheet, "repeat");
      hatch.setTransform(new DOMMatrix().rotate(45).scale(1 / FINE));
      return hatch;
    },
    // what is seen is what is hit: the tile drawn at this place
    at: function (place) {
      var point = this._map.project(place), scale = this.scale(), shapes = this.tiles(L.bounds(point, point))[0] || [], hit = null;
      shapes.forEach(function (shape) { if (holds(shape, point.x / scale, point.y / scale)) hit = shape; });  // the last lies on top
      return hit && this.areas[hit.id];
    },
    // a school or a control lies over the areas
    covered: function (event) {
      var node = event.originalEvent && event.originalEvent.target;
      return Boolean(node && node.closest && node.closest(".leaflet-interactive, .leaflet-control"));
    },
    clicked: function (event) {
      var area = this.covered(event) ? null : this.at(event.latlng);
      if (area && area.heard.click) area.heard.click(event);
    },
    pointed: function (event) {
      var dragged = this._map.dragging && this._map.dragging.moving(), area = dragged || this.covered(event) ? null : this.at(event.latlng);
      this._map.getContainer().style.cursor = area ? "pointer" : "";
      if (!area || !area.text) { this.close(); return; }
      if (!this.tip) this.tip = L.tooltip(this.tipped);
      if (this.told !== area) this.tip.setContent(area.text());
      this.told = area;
      this.tip.setLatLng(event.latlng);
      if (!this._map.hasLayer(this.tip)) this._map.openTooltip(this.tip);
    },
    close: function () {
      if (this.tip) this._map.closeTooltip(this.tip);
      this.told = null;
    },
    left: function () {
      this.close();
      this._map.getContainer().style.cursor = "";
    },
    // the border of an area as places, for its name on the map
    ringsOf: function (area) {
      var map = this._map, scale = this.scale(), corners = [area.box.getNorthWest(), area.box.getSouthEast()].map(function (end) { return map.project(end); });
      var shape = null;
      this.tiles(L.bounds(corners)).some(function (shapes) { shape = shapes.find(function (one) { return one.id === area.feature.id; }); return shape; });
      if (!shape) return [[area.box.getCenter()]];
      return shape.rings.map(function (ring) {
        var places = [];
        for (var i = 0; i < ring.length; i += 2) places.push(map.unproject(L.point(ring[i], ring[i + 1]).multiplyBy(scale)));
        return places;
      });
    }
  });

  var plain = L.geoJSON, draw = schoolshed.draw, archives = {};
  schoolshed.draw = function (chart, what, key) {
    var name = what === "places" ? key : what, node = document.querySelector("script[data-areas~='" + name + "']");
    if (!node) return draw(chart, what, key);
    if (!archives[node.id]) archives[node.id] = archive(node.textContent);
    L.geoJSON = function (shapes, options) { return new Areas(archives[node.id], shapes, options); };
    try { draw(chart, what, key); } finally { L.geoJSON = plain; }
  };
})();
