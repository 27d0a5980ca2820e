// @ts-check
// The page of the iframe variant: the element, with the attributes that stand in the address.
import './stackwise.js';

const KNOWN = ['key', 'job_title', 'occupation', 'skills', 'region', 'language', 'limit', 'heading', 'consent', 'lang'];
const asked = new URLSearchParams(location.search);
const element = document.createElement('stackwise-recommendations');
for (const name of KNOWN.filter((each) => asked.has(each))) element.setAttribute(name.replace('_', '-'), asked.get(name) ?? '');
element.setAttribute('target', '_top');
document.documentElement.lang = element.lang || 'en';
document.body.append(element);
// The height alone, for hosts that want the iframe as high as the list.
new ResizeObserver(() => {
  parent.postMessage({ type: 'stackwise:resize', height: document.documentElement.offsetHeight }, '*');
}).observe(document.documentElement);
