/** The system's webrtc-adapter, which is beside the page's modules where nginx serves them. It changes the window. */
declare module '*/adapter.js';
