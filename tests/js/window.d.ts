// What tests put into a page's window, for their own functions that run there.
interface Window {
  /** Of a microphone that hears nothing. */
  silence?: AudioContext;
  /** Every peer connection that the page has made. */
  peersOfTest: RTCPeerConnection[];
  /** Names by participant, of the tiles that there have been. */
  namesOfTest: Map<string, string>;
  /** What the page has said to screen readers. */
  saidOfTest: string[];
  /** What was seen of each picture so far (lib/frames.mjs), and the end of watching. */
  watchedPictures: () => WatchedPicture[];
  endWatch: () => WatchedPicture[];
  /** When the moderator has clicked, and when the first frame of the others' was shown, in epoch milliseconds. */
  clickedOfTest: number;
  shownOfTest: number;
  /** The last WebSocket that the page has made, and the one that the test has closed. */
  socketOfTest: WebSocket;
  lostOfTest: WebSocket;
  markOfTest: Promise<boolean>;
  /** When the page's steps were, in ms since it was asked for (lib/page-times.mjs). */
  timesOfTest: { preview: number, join: number, call: number, picture: number };
  /** Every track that the page has opened. */
  openedOfTest: MediaStreamTrack[];
  answerOfTest: (answer: PermissionState) => void;
  /** Whether the browser goes on asking about the camera. */
  cameraAsks: boolean;
  /** Whether a shared screen has no sound. */
  screenIsSilent: boolean;
  /** Begins to paint the shared screen. */
  showPicture: () => void;
  /** What the page has asked for of cameras and microphones. */
  wantedOfTest: any[];
  /** Connects devices, and unplugs what is open of a kind. */
  plugOfTest: (...devices: MediaDeviceInfo[]) => void;
  unplugOfTest: (kind: string) => void;
  /** Unplugs one device, or connects it again. */
  pullOfTest: (id: string, gone: boolean) => void;
  /** The person allows the camera. */
  allowOfTest: () => void;
  /** The speakers that were chosen: whether for somebody's sound, and the id. */
  sinksOfTest: [boolean, string][];
  /** A stand-in for the segmentation of pictures: ms that each takes, and how many run. */
  slowOfTest: number;
  segmentationsOfTest: number;
  SelfieSegmentation: unknown;
  /** Whether a headset is connected. */
  headsetOfTest: boolean;
  /** Who is in a fake call (lib/fake-call.mjs), and the pictures that its stage wants. */
  endOfTest: () => void;
  showOfTest: (fakes: any[]) => void;
  paintOfTest: (id: string, size: [number, number], number: number) => MediaStream;
  viewsOfTest: [string, { width?: number, height?: number, paused?: true }][];
  /** Where the relay of a test stands in for this address: "host port". */
  relayOfTest: (host: string, port: number) => Promise<string>;
  /** The page's Room. */
  roomOfTest: any;
  /** What the stage is to show, as entries of a map. */
  viewsOfTest: [string, object][] | undefined;
  /** Shows it. */
  viewOfTest: (() => void) | undefined;
  /** axe-core, which judges whether the page is accessible. */
  axe: { run(context: Document, options: object): Promise<{ violations: { id: string, nodes: any[] }[] }> };
}

interface WatchedPicture {
  /** On the picture's tile. */
  name: string;
  isOwn: boolean;
  /** Between two frames, in ms. */
  longest: number;
  /** Frames that were black, of those that were looked at. */
  black: number;
  frames: number;
}
