// Pointer, touch and keyboard on the map: the card under the pointer, a click on a thing or a shape, N and P through
// the alarms in view. What lies on top is asked first, so a shape is chosen only where nothing abnormal is.
(function () {
  "use strict";

  const yiping = (window.yiping = window.yiping || {});
  const ASK_AFTER_MS = 120; // hovering past many points asks the server about none of them
  const TOUCH_SLACK = 16; // px around a shape that still count as on it: 44 px targets
  const REACH = 7; // px from the middle of a building
  const TOUCH_REACH = 22; // of a finger
  const QUIET = new Set(["devices", "cameras"]); // a building comes before the points that stand in it
  const t = (source, values) => yiping.t(source, values);

  class MapHand {
    // act(code) is called for a chosen shape, building(code) for the way to a building; near(point, reach) finds one.
    constructor(map, frame, layer, data, { act, building, near }) {
      Object.assign(this, { map, frame, layer, data, act, near });
      this.card = new yiping.mapCard.Card(map, frame, () => layer.stamps, building);
      this.card.onItem = (id) => this.focusAlarm(id, true);
      map.on("click", (e) => this._click(e));
      map.on("mousemove", (e) => this._hover(e));
      map.on("mouseout movestart zoomstart", () => !this.card.pinned && this.card.close());
      this._keys = (e) => this._key(e);
      this._press = (e) => (this.pressed = e.target.closest("[data-code]")?.dataset.code);
      map.getContainer().addEventListener("keydown", this._keys);
      map.getContainer().addEventListener("pointerdown", this._press);
      data.onAlarms = () => this._followAlarm();
    }

    // Nothing is pointed at any more: another place.
    reset() {
      this.card.close();
      this.layer.focused = null;
    }

    destroy() {
      cancelAnimationFrame(this.hovering);
      clearTimeout(this.asking);
      this.map.getContainer().removeEventListener("keydown", this._keys);
      this.map.getContainer().removeEventListener("pointerdown", this._press);
      this.card.box.remove();
    }

    _click(e) {
      const touch = e.originalEvent.pointerType === "touch", shape = e.originalEvent.target.closest("[data-code]");
      if (!shape && this.pressed) return this.act(this.pressed); // the map moved under the finger
      const building = this.near(e.layerPoint, touch ? TOUCH_REACH : REACH);
      let found = this.layer.hit(e.layerPoint, touch ? TOUCH_SLACK : 2);
      if (shape && found && found.kind === "devices" && this._calm(found.i)) found = null;
      if (found && !(building && QUIET.has(found.kind))) return this._open(found, true);
      this.card.close();
      if (building || shape) this.act(building || shape.dataset.code);
    }

    // Where an area can be entered, a sensor that has nothing to say does not stand in the way; close by, where
    // sensors stand apart, it is what was meant.
    _calm(i) {
      const { NORMAL, UNSEEN, SPREAD_ZOOM } = yiping.mapPoints, category = this.data.sets.devices.category[i];
      return this.map.getZoom() < SPREAD_ZOOM && (category === NORMAL || category === UNSEEN);
    }

    _hover(e) {
      if (this.hovering || this.card.pinned || e.originalEvent.pointerType === "touch") return;
      this.hovering = requestAnimationFrame(() => {
        this.hovering = 0;
        if (this.card.pinned) return; // a click came first
        const found = this.layer.hit(e.layerPoint, 2);
        this.map.getContainer().classList.toggle("has-hit", Boolean(found));
        if (found) this._open(found, false);
        else this.card.close();
      });
    }

    _open(found, pinned) {
      if (found.kind === "pile") return pinned ? this._closer(found.at) : undefined;
      const many = found.kind === "alarm" && found.alarm.count > 1;
      const id = found.kind === "alarm" ? found.alarm.id : this.data.sets[found.kind].id[found.i];
      const key = many ? `group/${found.alarm.key}` : `${found.kind}/${id}`;
      if (this.card.key === key && this.card.pinned === pinned) return;
      if (many) this._group(found.alarm, key, pinned);
      else if (found.kind === "alarm") this.openAlarm(id, pinned);
      else if (found.kind === "cameras") this._camera(this.data.cameras.get(id), key, pinned);
      else if (found.kind === "resources") this._row(this.data.resources.get(id), yiping.mapCard.ofResource, key, pinned);
      else if (found.kind === "workers") this._row(this.data.workers.get(id), yiping.mapCard.ofWorker, key, pinned);
      else if (found.kind === "incidents") {
        const row = this.data.incidents.get(id);
        this.card.show(key, [row.lat, row.lng], yiping.mapCard.ofIncident(row), { pinned });
      } else this.openDevice(id, null, pinned);
    }

    _row(row, describe, key, pinned) {
      this.card.show(key, [row[2], row[1]], describe(row), { pinned });
    }

    // A pile of mild alarms parts when one looks closer.
    _closer(point) {
      this.map.setView(this.map.layerPointToLatLng(point), this.map.getZoom() + 1.5, { animate: false });
    }

    // The alarms of one building.
    _group(group, key, pinned) {
      const alarms = group.members.map((m) => this.data.alarm(m.id)).filter(Boolean);
      if (!alarms.length) return this.card.close();
      const at = [alarms[0].lat, alarms[0].lng], what = yiping.mapCard.ofGroup(alarms);
      if (this.card.key === key) what.building = this.card.what.building;
      this.card.show(key, at, what, { pinned });
      this._lead(alarms.find((a) => a.device_id !== null), key, at, pinned);
    }

    // The way from a pinned card of alarms to their building; whoever asked for it is taken there.
    _lead(alarm, key, at, pinned) {
      const go = () => {
        if (this.leading !== key) return;
        this.leading = null;
        this.card.goToBuilding(this.card.what.building);
      };
      if (this.card.what.building) return go();
      if (!pinned || !alarm || alarm.device_id === null) return;
      this._ask(alarm.device_id, key, (d) => {
        if (!d.building_code) return;
        this.card.show(key, at, { ...this.card.what, building: d.building_code }, { pinned });
        go();
      });
    }

    openAlarm(id, pinned) {
      const a = this.data.alarm(id);
      if (!a || a.lng === null) return;
      const key = `alarm/${id}`, what = yiping.mapCard.ofAlarm(a);
      if (this.card.key === key) what.building = this.card.what.building;
      this.card.show(key, [a.lat, a.lng], what, { pinned });
      this._lead(a, key, [a.lat, a.lng], pinned);
    }

    // The card of a device at its place; without one where the present feed has it.
    openDevice(id, place, pinned) {
      const key = `devices/${id}`, at = place || this._place(this.data.sets.devices, id);
      this.card.show(key, at, { title: `${t("终端")} ${id}`, lines: [["", t("读取中")]] }, { pinned });
      this._ask(id, key, (d) => this.card.show(key, at, yiping.mapCard.ofDevice(d), { pinned: this.card.pinned }));
    }

    _place(set, id) {
      const i = set.at(id), { CRS, point } = window.L;
      return CRS.EPSG3857.pointToLatLng(point(set.x[i], set.y[i]).multiplyBy(256), 0);
    }

    _camera([, lng, lat, delivering, name, code], key, pinned) {
      if (pinned) {
        this.card.close();
        yiping.video.open({ code, name }, this.frame);
        return;
      }
      const lines = [[t("画面"), t(delivering ? "有画面" : "无画面")], ["", t("点一下播放")]];
      this.card.show(key, [lat, lng], { glyph: delivering ? "camera" : "camera-off", title: name, lines });
    }

    _ask(device, key, show) {
      clearTimeout(this.asking);
      this.asking = setTimeout(() => {
        if (this.card.key !== key) return;
        this.data.fetch("details", `/api/v1/devices/${device}`, (answer) => answer.json(), (found) => this.card.key === key && show(found));
      }, ASK_AFTER_MS);
    }

    // The open card of an alarm says what is true now; when the alarm is closed the card goes.
    _followAlarm() {
      const key = this.card.key;
      if (key?.startsWith("group/")) {
        const group = this.layer.alarms.find((g) => `group/${g.key}` === key);
        return group ? this._group(group, key, this.card.pinned) : this.card.close();
      }
      if (!key || !key.startsWith("alarm/")) return;
      const id = Number(key.slice(6));
      if (this.data.alarm(id)) this.openAlarm(id, this.card.pinned);
      else this.card.close();
    }

    _key(e) {
      const key = e.key.toLowerCase();
      if (key === "escape") {
        this.card.close();
        this.focusAlarm(null);
      } else if (key === "n" || key === "p") {
        e.preventDefault();
        this._walk(key === "n" ? 1 : -1);
      } else if (key === "enter" && this.layer.focused !== null && e.target === this.map.getContainer()) {
        this.openAlarm(this.layer.focused, true);
      }
    }

    _walk(step) {
      const seen = this.layer.alarmsInView();
      if (!seen.length) return this._say(t("视野内没有告警"));
      const now = seen.findIndex((a) => a.id === this.layer.focused);
      const next = now < 0 ? (step > 0 ? 0 : seen.length - 1) : (now + step + seen.length) % seen.length;
      this.focusAlarm(seen[next].id);
    }

    // Marks an alarm as the one under the keyboard and shows its card.
    focusAlarm(id, pinned = false) {
      this.layer.focused = id;
      this.layer.redrawAlarms();
      const a = id === null ? null : this.data.alarm(id);
      if (!a) return;
      this.openAlarm(id, pinned);
      this._say(`${yiping.mapCard.ofAlarm(a).title} ${a.place}`);
    }

    // Marks an alarm that somebody asked to see; where it is one of several of its building the card lists them.
    // `leading`: on to the building.
    showAlarm(id, leading) {
      const group = this.layer.alarms.find((g) => g.count > 1 && g.members.some((m) => m.id === id));
      this.leading = leading ? (group ? `group/${group.key}` : `alarm/${id}`) : null;
      if (!group) return this.focusAlarm(id, true);
      this.layer.focused = id;
      this.layer.redrawAlarms();
      this._group(group, `group/${group.key}`, true);
    }

    _say(words) {
      this.frame.querySelector(".map-said").textContent = words;
    }
  }

  yiping.mapHand = { MapHand };
})();
