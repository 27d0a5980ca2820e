// The widget of today: /widget/v1/stackwise.js. For pages that do not pin a version.
import('../VERSION/stackwise.js').catch((error) => console.warn('stackwise: not loaded', error));
