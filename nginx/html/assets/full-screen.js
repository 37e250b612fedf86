// The page as large as the screen, where the browser allows that (telephones of Apple do not).

import { notify } from './notices.js';

export const fullScreenSupported = () => document.fullscreenEnabled === true;

export const isFullScreen = () => document.fullscreenElement !== null;

/** In a click or a key press only. The whole document: dialogs and messages are a part of it. */
export async function toggleFullScreen() {
  try {
    if (isFullScreen())
      await document.exitFullscreen();
    else
      await document.documentElement.requestFullscreen();
  } catch {
    notify('The browser does not allow full screen here.');
  }
}
