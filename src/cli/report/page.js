// Fills the page from the data in it.
'use strict';

const data = JSON.parse(document.getElementById('data').textContent);
const element = (id) => document.getElementById(id);
const escaped = (text) => String(text).replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);
const hide = (id) => { element(id).hidden = true; };
const count_text = (n) => n.toLocaleString('en');

/** Never rounds "nearly all" to all or "hardly any" to none. */
function percent(part, whole) {
  if (whole === 0) return '';
  const share = 100 * part / whole;
  if (part !== whole && share > 99.9) return '>99.9 %';
  if (part !== 0 && share < 0.1) return '<0.1 %';
  return `${share.toFixed(1)} %`;
}

function show_verdict() {
  element('verdict').classList.add(data.pass ? 'pass' : 'fail');
  element('stamp').textContent = data.pass ? 'PASS' : 'FAIL';
  element('headline').textContent = data.headline;
  element('claim').textContent = data.claim;
  element('made-by').textContent = `${data.program} judged ${data.kernel.name}. ${data.sampling}`;
}

function show_layers() {
  element('layers').innerHTML = data.layers.map((layer) => `
    <div class="layer ${layer.pass ? 'pass' : 'fail'}">
      <h2>${escaped(layer.name)} <span class="mark">${layer.pass ? 'ok' : 'FAIL'}</span></h2>
      <p>${escaped(layer.text)}</p>
    </div>`).join('');
}

function show_histogram() {
  const total = data.histogram.reduce((sum, row) => sum + row.count, 0);
  const largest = Math.max(...data.histogram.map((row) => row.count));
  element('histogram-caption').textContent = `In ulps of ${data.output}; ${count_text(total)} results.`;
  element('histogram').tBodies[0].innerHTML = data.histogram.map((row) => `
    <tr${row.other ? ' class="other"' : ''}>
      <th scope="row">${escaped(row.label.replace('<=', '\u2264').replace('1/2', '\u00bd'))}</th>
      <td>${row.count ? `<div class="bar" style="width:${100 * row.count / largest}%"></div>` : ''}</td>
      <td class="count">${count_text(row.count)}</td>
      <td class="share">${percent(row.count, total)}</td>
    </tr>`).join('');
}

function show_facts() {
  element('facts').innerHTML = data.facts.map((fact) => `<dt>${escaped(fact.name)}</dt><dd>${escaped(fact.value)}</dd>`).join('');
}

function show_map() {
  if (!data.map) return hide('map-card');
  const map = new heat_map(data);
  map.draw_legend();
  const whole = map.row_step * map.column_step === 1;
  const caption = `Shape (${data.shape.join(', ')}${data.shape.length === 1 ? ',' : ''})${data.map.folded ? `, folded into rows of ${map.full_columns}` : ''}` +
      (whole ? '.' : `; each cell is the worst of ${map.row_step} x ${map.column_step} elements.`);
  element('map-caption').textContent = data.map.name ? `${data.map.name}. ${caption}` : caption;
  element('map-bars').textContent = map.any_failing
      ? 'The bars above and beside the map count the failing elements of each column and row.'
      : 'The bars above and beside the map are the mean error of each column and row.';
  element('map-cells').setAttribute('aria-label', `Map of errors. ${caption} ${data.headline}`);
  if (data.worst.length && data.worst[0].result === data.map.result) {
    const n = data.worst[0].element, row = Math.floor(n / map.full_columns), column = n % map.full_columns;
    map.point_at(Math.floor(row / map.row_step), Math.floor(column / map.column_step));
  }
}

function show_tests() {
  if (!data.tests.length) return hide('tests-card');
  element('tests').innerHTML = '<thead><tr><th scope="col">test</th><th scope="col">found</th><th scope="col">at most</th>' +
      '<th scope="col">of what</th></tr></thead><tbody>' + data.tests.map((t) => `<tr><td>${escaped(t.name)}</td>
      <td class="${t.pass ? '' : 'fails'}">${escaped(t.statistic)}</td><td>${escaped(t.threshold)}</td>
      <td>${escaped(t.what)}</td></tr>`).join('') + '</tbody>';
}

function show_worst() {
  if (!data.worst.length) return hide('worst-card');
  const number = (name, value, code) =>
      `<td class="number" data-name="${name}">${escaped(value)}${code ? `<span class="code mono">${escaped(code)}</span>` : ''}</td>`;
  element('worst').innerHTML = `
    <thead><tr><th scope="col">element</th><th scope="col">finding</th><th scope="col">got</th><th scope="col">truth</th>
      <th scope="col">ulps off</th><th scope="col">allowed</th></tr></thead>
    <tbody>${data.worst.map((e) => `<tr><td class="number mono">${escaped(e.index)}</td>
      <td class="finding">${escaped(e.finding)}</td>${number('got', e.got, e.got_code)}${number('truth', e.truth, e.truth_code)}
      ${number('ulps off', e.distance)}${number('allowed', e.bound)}</tr>` +
      (e.inputs.length ? `<tr class="terms"><td></td><td colspan="5">${e.inputs.map((line) => `<div class="mono">${escaped(line)}</div>`).join('')}</td></tr>` : ''))
      .join('')}</tbody>`;
}

function show_diagnosis() {
  if (!data.diagnosis.length && data.pass) return hide('diagnosis-card');
  element('diagnosis-caption').textContent = data.diagnosis.length
      ? 'Other kernels were emulated on the same inputs; these explain the results.'
      : 'None of the kernels tried explains these results.';
  element('diagnosis').innerHTML = data.diagnosis.map((h) => `
    <li><span class="share">${escaped(h.share)}</span><span class="${h.all ? 'all' : ''}">${escaped(h.explanation)}</span>
      <span class="detail">${escaped(h.detail)}</span></li>`).join('');
}

/** A bar for each block of products: down where they are missing, up where there is too much of them. */
function show_along_k() {
  const { share, block, length } = data.along_k;
  if (!share.length) return;
  const bars = share.map((s, b) => {
    const size = 34 * Math.min(1, Math.abs(s));
    return `<rect class="${s < 0 ? 'low' : 'high'}" x="${b + 0.1}" width="0.8" y="${s < 0 ? 36 : 36 - size}" height="${size}">
      <title>k = ${b * block} to ${Math.min(length, (b + 1) * block) - 1}: ${s.toFixed(2)}</title></rect>`;
  }).join('');
  element('along-k-bars').innerHTML = `<svg viewBox="0 0 ${share.length} 72" preserveAspectRatio="none" role="img"
      aria-label="Where along k the errors come from"><line class="axis" x1="0" x2="${share.length}" y1="36" y2="36"
      vector-effect="non-scaling-stroke"/>${bars}</svg>`;
  element('along-k-caption').textContent = `Where along k the errors come from: the ${length} products of each sum in blocks of ${block}. ` +
      'A bar down to the bottom: the block is missing; up to the top: it was added twice.';
  element('along-k').hidden = false;
}

function show_reproducer() {
  if (!data.reproduce) return hide('reproduce-card');
  element('reproduce').textContent = data.reproduce;
  element('copy').addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(data.reproduce);
      element('copy').textContent = 'copied';
    } catch {
      window.getSelection().selectAllChildren(element('reproduce'));
    }
  });
}

function show_inputs() {
  element('formula').textContent = `${data.kernel.name}: ${data.kernel.formula}`;
  const row = (cells) => `<tr>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`;
  element('inputs').innerHTML = '<thead><tr><th scope="col">name</th><th scope="col">type</th><th scope="col">shape</th><th scope="col">file</th></tr></thead><tbody>' +
      data.tensors.map((t) => row([t.name, t.type, t.shape, t.file])).join('') +
      data.attributes.map((a) => row([a.name, a.value, '', ''])).join('') + '</tbody>';
}

for (const show of [show_verdict, show_layers, show_histogram, show_facts, show_map, show_tests, show_worst, show_diagnosis, show_along_k, show_reproducer, show_inputs]) show();
document.documentElement.dataset.ready = 'true';
