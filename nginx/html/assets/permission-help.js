// What to click when the browser asks for camera and microphone, and how to undo a refusal: in each browser's own words.
// Pure functions.

/** @typedef {'chromium' | 'firefox' | 'safari' | 'android' | 'androidFirefox' | 'ios' | 'iosOther'} Browser */

// @ stands for the button that opens the devices again.
/** @type {Record<Browser, {ask: string, undo: string}>} */
const HELP = {
  chromium: {
    ask: 'Press "Allow" in the small window at the top left, below the address bar.',
    undo: 'Press the sign at the left end of the address bar, switch on Camera and Microphone there, then press "@".',
  },
  firefox: {
    ask: 'Press "Allow" in the small window at the top left, below the address bar.',
    undo: 'Press the crossed-out camera or microphone at the left end of the address bar, remove "Blocked" there, then press "@".',
  },
  safari: {
    ask: 'Press "Allow" in the small window in the middle of the page.',
    undo: 'Open the menu Safari, choose "Settings for This Website", set Camera and Microphone to "Allow", then press "@".',
  },
  android: {
    ask: 'Tap "Allow" or "While using the app" in the window on your screen. Your phone may ask twice.',
    undo: 'Tap the sign at the left end of the address bar, then "Permissions", and allow Camera and Microphone. If they '
      + 'are not there, open your phone\'s settings, then Apps, the browser, Permissions. Then tap "@".',
  },
  androidFirefox: {
    ask: 'Tap "Allow" in the window on your screen. Your phone may ask twice.',
    undo: 'Tap the lock at the left end of the address bar and allow Camera and Microphone. If they are not there, open '
      + 'your phone\'s settings, then Apps, Firefox, Permissions. Then tap "@".',
  },
  ios: {
    ask: 'Tap "Allow" in the window on your screen.',
    undo: 'Tap the sign at the left end of the address bar, then "Website Settings", set Camera and Microphone to '
      + '"Allow", and load this page again.',
  },
  iosOther: {
    ask: 'Tap "OK" or "Allow" in the window on your screen. Your device may ask twice.',
    undo: 'Open the settings of your device, choose this browser in the list of apps, switch on Camera and Microphone, '
      + 'and load this page again.',
  },
};

/**
 * @param {string} userAgent
 * @param {number} touchPoints  navigator.maxTouchPoints: an iPad calls itself a Mac
 * @returns {Browser}
 */
function browserOf(userAgent, touchPoints) {
  /** @param {RegExp} pattern */
  const is = (pattern) => pattern.test(userAgent);
  if (is(/iPhone|iPad|iPod/) || (is(/Macintosh/) && touchPoints > 1))
    return is(/CriOS|FxiOS|EdgiOS/) ? 'iosOther' : 'ios';
  if (is(/Android/))
    return is(/Firefox/) ? 'androidFirefox' : 'android';
  if (is(/Firefox/))
    return 'firefox';
  return is(/Safari/) && !is(/Chrom|Edg/) ? 'safari' : 'chromium';
}

/**
 * ask: what to click in the browser's question. undo: how to allow what was refused.
 * @param {{userAgent: string, maxTouchPoints: number}} navigator
 * @param {string} [button]  that opens the devices again
 */
export function permissionHelp({ userAgent, maxTouchPoints }, button = 'Try devices again') {
  const { ask, undo } = HELP[browserOf(userAgent, maxTouchPoints)];
  return { ask, undo: undo.replace('@', button) };
}

/** @typedef {'asking' | 'granted' | 'unknown'} Question  whether the browser asks the person now */

/**
 * While devices are being opened.
 * @returns {Promise<Question>}
 */
export async function questionOf() {
  /** @type {PermissionName[]} */
  const names = ['camera', 'microphone'];
  try {
    const states = await Promise.all(names.map((name) => navigator.permissions.query({ name })));
    return states.some(({ state }) => state === 'prompt') ? 'asking' : 'granted';
  } catch {
    return 'unknown'; // Firefox before 131 does not tell
  }
}
