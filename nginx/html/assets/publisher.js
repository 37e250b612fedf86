// One publisher of the room: a participant who may send. Ourselves, and once more for our screen.
//
//   const publisher = new Publisher(session, { access, id, encryption });
//   const joined = await publisher.join(display);    what Janus tells about the room
//   await publisher.publish({ audio, video });       tracks; null sends nothing for now, undefined leaves it out
//   await publisher.setTrack('video', track)         another device, or null
//   publisher.declare(display)                       changes what the others see beside it
//   publisher.limit({ maxBitrate, … })               of the video
//
// Events: 'event' (detail: { data }) what Janus tells participants; 'lost' (detail: { reason }).
import { Peer } from './peer.js';

const PLUGIN = 'janus.plugin.videoroom';
const AUDIO_LIMIT = { maxBitrate: 32000 }; // a voice in Opus

export class Publisher extends EventTarget {
  #session;
  #access;
  #encryption;
  #handle;
  #peer = null;
  #senders = {};
  #display = null; // as it should be
  #told = null; // as Janus has it
  #declaring = false;
  #limit = {};

  constructor(session, { access, id, encryption }) {
    super();
    this.#session = session;
    this.#access = access;
    this.#encryption = encryption;
    this.id = id;
  }

  async join(display) {
    const { sessionId: room, roomToken: token } = this.#access;
    this.#display = display;
    this.#told = display;
    this.#handle = await this.#session.attach(PLUGIN);
    this.#handle.addEventListener('event', ({ detail }) => this.#tell('event', { data: detail.data }));
    const request = { request: 'join', ptype: 'publisher', room, token, id: this.id, display };
    return (await this.#handle.request(request)).data;
  }

  // All that may ever be sent is negotiated at once: a device that is opened later needs no new negotiation, here
  // or at any of those who receive it.
  async publish(tracks) {
    this.#peer = new Peer(this.#handle, this.#access.iceServers);
    this.#peer.addEventListener('restart', () => this.#restart());
    this.#peer.addEventListener('lost', ({ detail }) => this.#tell('lost', detail));
    for (const [kind, track] of Object.entries(tracks)) if (track !== undefined) this.#add(kind, track);
    await this.#negotiate('publish');
  }

  async setTrack(kind, track) {
    await this.#senders[kind]?.replaceTrack(track);
  }

  // The mid of a kind, as Janus names it when a moderator mutes it.
  mid(kind) {
    return this.#peer?.connection.getTransceivers().find(({ sender }) => sender === this.#senders[kind])?.mid;
  }

  // One at a time; of those that come meanwhile the last one counts.
  async declare(display) {
    this.#display = display;
    if (this.#declaring) return;
    this.#declaring = true;
    while (this.#told !== this.#display) {
      this.#told = this.#display;
      // If it fails so does the session, and the next one starts with the display as it is then.
      await this.#handle.request({ request: 'configure', display: this.#told }).catch(() => {});
    }
    this.#declaring = false;
  }

  async limit(limit) {
    this.#limit = limit;
    const sender = this.#senders.video;
    if (!sender) return;
    const parameters = sender.getParameters();
    if (parameters.encodings.length === 0) return; // before negotiation: it is given with the transceiver
    Object.assign(parameters.encodings[0], limit);
    await sender.setParameters(parameters).catch(() => {}); // a limit is a wish
  }

  stats() {
    return this.#peer ? this.#peer.connection.getStats() : new Map();
  }

  close() {
    this.#peer?.close();
  }

  // Out of the room, while the session goes on.
  async leave() {
    this.close();
    await this.#handle.detach();
  }

  #add(kind, track) {
    const sendEncodings = [kind === 'audio' ? AUDIO_LIMIT : this.#limit];
    const options = { direction: 'sendonly', sendEncodings };
    const { sender } = this.#peer.connection.addTransceiver(track ?? kind, options);
    this.#encryption?.protectSender(sender, this.id, kind);
    this.#senders[kind] = sender;
  }

  async #negotiate(request, options) {
    const { connection } = this.#peer;
    await connection.setLocalDescription(await connection.createOffer(options));
    const jsep = { ...this.#peer.description, e2ee: Boolean(this.#encryption) };
    const answer = await this.#handle.request({ request }, jsep);
    await connection.setRemoteDescription(answer.jsep);
  }

  async #restart() {
    await this.#negotiate('configure', { iceRestart: true })
      .catch((error) => this.#tell('lost', { reason: error.message }));
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
