// /widget/v1/stackwise.js: the current version, asked for again (by another address) while servers change.
const load = (mark) => import('../VERSION/stackwise.js' + mark);
load('').catch(() => setTimeout(() => load('#').catch(console.warn), 3000));
