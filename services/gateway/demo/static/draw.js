// Drawings in SVG whose places are shares of the width, so that they fit any screen.
const SVG = 'http://www.w3.org/2000/svg';

export function h(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

const share = (value) => `${Math.max(0, Math.min(100, value * 100))}%`;
export const percent = (value) => `${Math.round(value * 100)} %`;

function picture(label, ...shapes) {
  const drawn = shape('svg', { role: 'img', 'aria-label': label });
  drawn.append(shape('rect', { class: 'track', x: 0, y: 3, width: '100%', height: 8, rx: 4 }), ...shapes);
  return drawn;
}

const bar = (kind, from, to) =>
  shape('rect', { class: kind, x: share(from), y: 1, width: share(to - from), height: 12, rx: 4 });

const row = (text, drawn) => h('div', { class: 'row' }, h('p', {}, text), drawn);

export function interval(value) {
  const text = `Value ${percent(value.low)} to ${percent(value.high)}, evidence ${percent(value.evidence)}`;
  return row(text, picture(text, bar('range', value.low, Math.max(value.high, value.low + 0.01))));
}

export function gap(found) {
  const skills = [...found.missing, ...found.held].map((each) => {
    const text = `${each.skill.name}: ${percent(each.held_level)} of the ${percent(each.required_level)} asked for`;
    const mark = shape('line', { class: 'want', x1: share(each.required_level), x2: share(each.required_level), y1: 0, y2: 14 });
    return row(text, picture(text, bar('have', 0, each.held_level), mark));
  });
  const ready = found.readiness === null ? 'Nothing is known of this goal’s skills.' : `Ready: ${percent(found.readiness)}`;
  return [h('p', {}, ready), ...found.advisories.map((each) => h('p', { class: 'note' }, each.text)), ...skills];
}

export function money(cost) {
  if (!cost) return 'cost unknown';
  if (!Number(cost.amount)) return 'free';
  return new Intl.NumberFormat('en', { style: 'currency', currency: cost.currency }).format(cost.amount);
}

/** How ready the learner is as the weeks pass: a stair for each step. */
function curve(steps, weeks) {
  const begin = steps[0].coverage - steps[0].gain;
  const x = (week) => (100 * week) / weeks;
  const y = (ready) => 100 - 100 * ready;
  const stairs = steps.map((each) => `H ${x(each.ends_week)} V ${y(each.coverage)}`).join(' ');
  const line = `M 0 ${y(begin)} ${stairs} H 100`;
  const label = `Ready ${percent(begin)} now, ${percent(steps.at(-1).coverage)} after ${weeks} weeks`;
  const drawn = shape('svg', { class: 'curve', role: 'img', 'aria-label': label, viewBox: '0 0 100 100', preserveAspectRatio: 'none' });
  drawn.append(shape('path', { class: 'area', d: `${line} V 100 H 0 Z` }), shape('path', { class: 'stairs', d: line }));
  const middle = weeks > 3 ? [h('span', {}, `week ${Math.round(weeks / 2)}`)] : [];
  return [h('p', {}, label), drawn, h('div', { class: 'scale', 'aria-hidden': 'true' }, h('span', {}, 'now'), ...middle, h('span', {}, `week ${weeks}`))];
}

export function path(found) {
  const weeks = Math.max(1, found.weeks ?? 1);
  const timed = found.steps.length > 0 && found.steps.every((each) => each.starts_week !== null);
  const steps = found.steps.map((each) => {
    const when = each.starts_week === null ? '' : `weeks ${each.starts_week} to ${each.ends_week}: `;
    const text = `${when}${each.credential.name} (${money(each.net_cost)}), ready ${percent(each.coverage)} (+${percent(each.gain)})`;
    const drawn = each.starts_week === null ? '' : picture(text, bar('range', each.starts_week / weeks, each.ends_week / weeks));
    return row(text, drawn);
  });
  const sum = `${found.steps.length} steps, ${found.hours} hours, ${money(found.total_cost)}`;
  return [
    ...(found.traditional_route ? [h('p', {}, found.traditional_route.text)] : []),
    ...(timed ? curve(found.steps, weeks) : []),
    ...steps,
    ...(found.steps.length ? [h('p', { class: 'sum' }, sum)] : []),
    h('p', { class: 'note' }, found.stopped_because_text),
  ];
}
