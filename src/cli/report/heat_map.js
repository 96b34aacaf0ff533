// The map of errors: a canvas that shows one cell an element, or the worst of the elements under a pixel.
//
// data.map.levels holds a signed byte an element: 0 for no error, else the sign and 1 to 126 for sizes that grow by a
// factor of 2^(1/3) from 2^-10 ulp; -128 for results of another class. data.map.failing is a bit an element.
'use strict';

const per_octave = 3, smallest_octave = -10, other_class = -128;

function bytes_of(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** The size in ulps that a level stands for. */
function size_of(level) {
  return level === 0 ? 0 : 2 ** ((Math.abs(level) - 1) / per_octave + smallest_octave);
}

function ulps(x) {
  if (x === 0) return '0';
  const digits = x >= 1e6 || x < 1e-3 ? x.toExponential(1) : String(Number(x.toPrecision(x < 10 ? 2 : 3)));
  return digits;
}

/** "(3, 5)" for the n-th element of a shape in C order. */
function index_text(n, shape) {
  const index = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index.unshift(n % shape[axis]);
    n = Math.floor(n / shape[axis]);
  }
  return shape.length === 1 ? String(index[0]) : `(${index.join(', ')})`;
}

class heat_map {
  constructor(data) {
    const map = data.map;
    this.shape = data.shape;
    this.rows = map.rows;
    this.columns = map.columns;
    this.row_step = map.row_step;
    this.column_step = map.column_step;
    this.full_columns = map.full_columns;
    this.levels = new Int8Array(bytes_of(map.levels).buffer);
    this.failing = bytes_of(map.failing);
    this.any_failing = this.failing.some((byte) => byte !== 0);
    this.ranges = { within: [126, 1], beyond: [126, 1] };
    this.levels.forEach((level, n) => {
      if (level === other_class || level === 0) return;
      const range = this.fails(n) ? this.ranges.beyond : this.ranges.within;
      range[0] = Math.min(range[0], Math.abs(level));
      range[1] = Math.max(range[1], Math.abs(level));
    });
    for (const range of Object.values(this.ranges)) range[0] = Math.min(range[0], range[1]);
    this.ranges.all = [0, 1].map((i) => [Math.min, Math.max][i](this.ranges.within[i], this.ranges.beyond[i]));
    this.cells = document.getElementById('map-cells');
    this.column_bars = document.getElementById('map-columns');
    this.row_bars = document.getElementById('map-rows');
    this.signed = false;
    this.cursor = null;
    this.show_all();
    this.listen();
    this.resize();
  }

  fails(n) { return (this.failing[n >> 3] >> (n & 7)) & 1; }
  show_all() { this.view = { x: 0, y: 0, width: this.columns, height: this.rows }; }

  resize() {
    const width = this.cells.clientWidth;
    const height = Math.round(Math.min(Math.max(width * this.rows / this.columns, 140), 0.9 * width, 520));
    this.cells.style.height = this.row_bars.style.height = `${height}px`;
    this.ratio = window.devicePixelRatio || 1;
    for (const canvas of [this.cells, this.column_bars, this.row_bars]) {
      canvas.width = Math.max(1, Math.round(canvas.clientWidth * this.ratio));
      canvas.height = Math.max(1, Math.round(canvas.clientHeight * this.ratio));
    }
    this.colours = this.make_colours();
    this.draw();
  }

  /** Colours by level: [within, beyond, negative, positive] and those without a level. */
  make_colours() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => {
      const hex = style.getPropertyValue(`--map-${name}`).trim();
      return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    };
    const packed = (rgb) => (255 << 24) | (rgb[2] << 16) | (rgb[1] << 8) | rgb[0];
    const ramp = ([smallest, largest], from, to, first, last = 1) => {
      const table = new Uint32Array(128);
      for (let level = 1; level < 128; level++) {
        const place = Math.min(Math.max((level - smallest) / Math.max(largest - smallest, 1), 0), 1);
        const t = first + (last - first) * place ** 1.5;
        table[level] = packed(from.map((c, i) => Math.round(c + (to[i] - c) * t)));
      }
      table[0] = packed(from);
      return table;
    };
    const zero = colour('zero'), { within, beyond, all } = this.ranges;
    return {
      within: ramp(within, zero, colour('within'), 0.08, this.any_failing ? 0.6 : 1),  // quieter beside what fails
      beyond: ramp(beyond, colour('beyond-low'), colour('beyond'), 0),
      negative: ramp(all, zero, colour('negative'), 0.08),
      positive: ramp(all, zero, colour('positive'), 0.08),
      other: packed(colour('other')),
      outside: packed(colour('outside')),
    };
  }

  colour_of(n) {
    const level = this.levels[n];
    if (level === other_class) return this.colours.other;
    if (this.signed) return (level < 0 ? this.colours.negative : this.colours.positive)[Math.abs(level)];
    return (this.fails(n) ? this.colours.beyond : this.colours.within)[Math.abs(level)];
  }

  /** What makes one element hide another under the same pixel. */
  weight(n) {
    const level = this.levels[n];
    return (this.fails(n) ? 256 : 0) + (level === other_class ? 128 : Math.abs(level));
  }

  draw() {
    this.draw_cells();
    this.draw_profile(this.column_bars, true);
    this.draw_profile(this.row_bars, false);
  }

  draw_cells() {
    const { width, height } = this.cells;
    const context = this.cells.getContext('2d');
    const image = context.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const edges = (pixels_wide, start, extent, limit) => {
      const first = new Int32Array(pixels_wide), last = new Int32Array(pixels_wide);
      for (let p = 0; p < pixels_wide; p++) {
        first[p] = Math.floor(start + extent * p / pixels_wide);
        last[p] = Math.min(Math.max(Math.ceil(start + extent * (p + 1) / pixels_wide - 1e-9), first[p] + 1), limit);
        if (extent < pixels_wide) last[p] = Math.min(first[p] + 1, limit);
      }
      return [first, last];
    };
    const [left, right] = edges(width, this.view.x, this.view.width, this.columns);
    const [top, bottom] = edges(height, this.view.y, this.view.height, this.rows);
    let row_above = -1;
    for (let y = 0; y < height; y++) {
      if (top[y] === row_above && bottom[y] === top[y] + 1) {  // the same cells as the pixels above
        pixels.copyWithin(y * width, (y - 1) * width, y * width);
        continue;
      }
      row_above = top[y];
      for (let x = 0; x < width; x++) {
        let shown = -1, most = -1;
        for (let r = top[y]; r < bottom[y]; r++) {
          for (let c = left[x]; c < right[x]; c++) {
            const n = r * this.columns + c, weight = this.weight(n);
            if (weight > most) [shown, most] = [n, weight];
          }
        }
        pixels[y * width + x] = shown < 0 ? this.colours.outside : this.colour_of(shown);
      }
    }
    context.putImageData(image, 0, 0);
    this.cells.dataset.drawn = pixels.some((pixel) => pixel !== pixels[0]) ? 'true' : 'blank';
    if (this.cursor) this.draw_cursor(context);
  }

  draw_cursor(context) {
    const { width, height } = this.cells;
    const sx = width / this.view.width, sy = height / this.view.height;
    context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue('--ink');
    context.lineWidth = 2 * this.ratio;
    context.strokeRect((this.cursor.column - this.view.x) * sx - this.ratio, (this.cursor.row - this.view.y) * sy - this.ratio,
                       Math.max(sx, 4 * this.ratio) + 2 * this.ratio, Math.max(sy, 4 * this.ratio) + 2 * this.ratio);
  }

  /** Bars for each visible column or row: how many of its elements fail, or their mean size where none fails. */
  draw_profile(canvas, of_columns) {
    const context = canvas.getContext('2d');
    context.clearRect(0, 0, canvas.width, canvas.height);
    const along = of_columns ? canvas.width : canvas.height, thick = of_columns ? canvas.height : canvas.width;
    const start = of_columns ? this.view.x : this.view.y, extent = of_columns ? this.view.width : this.view.height;
    const first = Math.floor(start), last = Math.min(Math.ceil(start + extent), of_columns ? this.columns : this.rows);
    const across = of_columns ? this.rows : this.columns;
    const sizes = new Float64Array(last - first);
    for (let line = first; line < last; line++) {
      for (let k = 0; k < across; k++) {
        const n = of_columns ? k * this.columns + line : line * this.columns + k;
        if (this.any_failing) sizes[line - first] += this.fails(n);
        else if (this.levels[n] !== other_class) sizes[line - first] += size_of(this.levels[n]) / across;
      }
    }
    const largest = sizes.reduce((p, q) => Math.max(p, q), 0) || 1;
    const style = getComputedStyle(document.documentElement);
    context.fillStyle = style.getPropertyValue('--line');
    if (of_columns) context.fillRect(0, thick - this.ratio, along, this.ratio);
    else context.fillRect(0, 0, this.ratio, along);
    context.fillStyle = style.getPropertyValue(this.any_failing ? '--fail' : '--bar');
    sizes.forEach((size, i) => {
      if (size === 0) return;
      const from = Math.floor((first + i - start) / extent * along);
      const to = Math.ceil((first + i + 1 - start) / extent * along), wide = to - from;
      const length = Math.max(wide - (wide > 6 * this.ratio ? this.ratio : 0), 1);
      const height = Math.max(Math.round(size / largest * thick), this.ratio);
      if (of_columns) context.fillRect(from, thick - height, length, height);
      else context.fillRect(0, from, height, length);
    });
  }

  zoom(factor, at_x = 0.5, at_y = 0.5) {
    const v = this.view;
    const width = Math.min(Math.max(v.width / factor, Math.min(4, this.columns)), this.columns);
    const height = Math.min(Math.max(v.height / factor, Math.min(4, this.rows)), this.rows);
    this.move_to(v.x + (v.width - width) * at_x, v.y + (v.height - height) * at_y, width, height);
  }

  move_to(x, y, width = this.view.width, height = this.view.height) {
    this.view = { width, height, x: Math.min(Math.max(x, 0), this.columns - width),
                  y: Math.min(Math.max(y, 0), this.rows - height) };
    this.draw();
  }

  point_at(row, column) {
    this.cursor = { row: Math.min(Math.max(row, 0), this.rows - 1), column: Math.min(Math.max(column, 0), this.columns - 1) };
    const n = this.cursor.row * this.columns + this.cursor.column, level = this.levels[n];
    const whole = this.row_step * this.column_step === 1;
    const first = this.cursor.row * this.row_step * this.full_columns + this.cursor.column * this.column_step;
    const where = whole ? index_text(first, this.shape)
                        : `${this.row_step} x ${this.column_step} elements from ${index_text(first, this.shape)}`;
    const what = level === other_class ? 'another class than the truth\'s'
               : level === 0 ? 'no error' : `about ${ulps(size_of(level))} ulp ${level < 0 ? 'below' : 'above'} the truth`;
    document.getElementById('map-readout').textContent =
        `${where}: ${what}${this.fails(n) ? ', beyond what the claim allows' : ''}`;
    this.draw();
  }

  listen() {
    const cell_at = (event) => {
      const box = this.cells.getBoundingClientRect();
      const x = (event.clientX - box.left) / box.width, y = (event.clientY - box.top) / box.height;
      return { x, y, column: Math.floor(this.view.x + x * this.view.width), row: Math.floor(this.view.y + y * this.view.height) };
    };
    this.cells.addEventListener('wheel', (event) => {
      event.preventDefault();
      const at = cell_at(event);
      this.zoom(2 ** (-event.deltaY / 300), at.x, at.y);
    }, { passive: false });
    const pointers = new Map();
    this.cells.addEventListener('pointerdown', (event) => {
      this.cells.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    });
    const up = (event) => pointers.delete(event.pointerId);
    this.cells.addEventListener('pointerup', up);
    this.cells.addEventListener('pointercancel', up);
    this.cells.addEventListener('pointermove', (event) => {
      const before = pointers.get(event.pointerId), box = this.cells.getBoundingClientRect();
      const at = cell_at(event);
      if (!before) { this.point_at(at.row, at.column); return; }
      const now = { x: event.clientX, y: event.clientY };
      if (pointers.size === 2) {
        const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
        const apart = (p) => Math.max(Math.hypot(p.x - other.x, p.y - other.y), 1);
        this.zoom(apart(now) / apart(before), at.x, at.y);
      } else {
        this.move_to(this.view.x - (now.x - before.x) / box.width * this.view.width,
                     this.view.y - (now.y - before.y) / box.height * this.view.height);
      }
      pointers.set(event.pointerId, now);
    });
    this.cells.addEventListener('click', (event) => { const at = cell_at(event); this.point_at(at.row, at.column); });
    this.cells.addEventListener('keydown', (event) => {
      const at = this.cursor || { row: 0, column: 0 };
      const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
      if (steps[event.key]) this.step_cursor(at, ...steps[event.key]);
      else if (event.key === '+' || event.key === '=') this.zoom(2);
      else if (event.key === '-') this.zoom(0.5);
      else if (event.key === '0') { this.show_all(); this.draw(); }
      else return;
      event.preventDefault();
    });
    const press = (id, act) => document.getElementById(id).addEventListener('click', act);
    press('map-in', () => this.zoom(2));
    press('map-out', () => this.zoom(0.5));
    press('map-all', () => { this.show_all(); this.draw(); });
    press('map-size', () => this.show_signs(false));
    press('map-sign', () => this.show_signs(true));
    window.addEventListener('resize', () => this.resize());
    window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { this.resize(); this.draw_legend(); });
  }

  step_cursor(at, down, right) {
    this.point_at(at.row + down, at.column + right);
    const { row, column } = this.cursor, v = this.view;
    if (row < v.y || row >= v.y + v.height || column < v.x || column >= v.x + v.width) {
      this.move_to(column - v.width / 2, row - v.height / 2);
    }
  }

  show_signs(on) {
    this.signed = on;
    document.getElementById('map-size').setAttribute('aria-pressed', String(!on));
    document.getElementById('map-sign').setAttribute('aria-pressed', String(on));
    this.draw();
    this.draw_legend();
  }

  draw_legend() {
    const other = this.levels.includes(other_class);
    const ramp = (name, range, from, to) => {
      const [low, high] = range.map((level) => ulps(size_of(level)));
      const colours = `linear-gradient(to right,${from},${to})`;
      return `<span>${name}: ${low}<span class="ramp" style="background:${colours}"></span>${high} ulp</span>`;
    };
    const swatch = (name, colour) => `<span><span class="swatch" style="background:${colour}"></span>${name}</span>`;
    const zero = 'var(--map-zero)';
    const faint_within = this.any_failing ? 'color-mix(in srgb, var(--map-within) 60%, var(--map-zero))' : 'var(--map-within)';
    document.getElementById('map-legend').innerHTML =
        (this.signed ? ramp('below the truth', this.ranges.all, zero, 'var(--map-negative)') +
                       ramp('above the truth', this.ranges.all, zero, 'var(--map-positive)')
                     : ramp('within the claim', this.ranges.within, zero, faint_within) +
                       (this.any_failing ? ramp('beyond it', this.ranges.beyond, 'var(--map-beyond-low)', 'var(--map-beyond)') : '')) +
        (other ? swatch('another class than the truth\'s', 'var(--map-other)') : '');
  }
}
