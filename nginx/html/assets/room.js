// The call: joining a meeting's room and staying in it, whatever happens to the network or to Janus.
//
//   const room = new Room({ requestToken, base, displayName, keyText });
//     requestToken   () -> Promise of the answer of POST session/{link}/token; rejects with { status, code, message }.
//                    Asked at every (re)connection and whenever a token has lived two thirds of its life.
//     base           the page's folder (URL or text): Janus is at `rtc` below it
//     displayName    what others see until they have the service's list of names
//     keyText        the fragment's key, or null. A key makes the call encrypted even if the service says it is not.
//
//   await room.join(stream)          resolves when the state is no longer 'connecting'. The stream is the room's from
//                                    then on (null: no devices, or a subscriber); leave() stops its tracks.
//   await room.leave()               tidy and at once; also done by itself on pagehide. State 'idle'.
//   await room.setMicrophone(on)     opens a device if there is none yet; throws a DeviceError (devices.js)
//   await room.setCamera(on)         off stops the device (its light goes out), on opens it again; throws likewise
//   await room.replaceDevices({ audio, video })     ids; one left out stays as it is; throws likewise
//   await room.shareScreen(stream)   the stream of openScreen(); when the person ends it in the browser's own bar,
//   await room.stopScreen()          stopScreen() happens by itself
//   await room.setKey(keyText)       after the key was renewed; throws a FrameError if it is no key
//
//   room.state           'idle' | 'connecting' | 'joined' | 'reconnecting' | 'ended' | 'put-out' | 'failed'
//   room.local           { participantId, prefix, stream, microphone, camera, screen, speaking, forcedMute, published, full }
//                        participantId changes with every reconnection, prefix (its first 17 characters) never;
//                        microphone, camera: what the person wants; screen: MediaStream or null;
//                        forcedMute: a moderator has muted us, whatever the microphone is set to;
//                        published: others can receive us; full: they cannot, the room has all the senders it takes
//   room.participants    Map of id -> { id, prefix, isScreen, display, stream, hasAudio, hasVideo, audioMuted, videoMuted,
//                        speaking, quality, undecryptable }; without ourselves and our own screen, with our other
//                        devices. The map and its objects change in place; stream is a new object when its tracks
//                        change, null while nothing is received. Show video if hasVideo && !videoMuted.
//   room.quality         'good' | 'fair' | 'poor' | 'unknown': our own connection
//   room.activeSpeaker   a participant's id, 'local' or null
//   room.encrypted       frames are encrypted; known once joined. room.hasKey: and we have a key. Without one nothing is
//                        sent and everybody is `undecryptable`, until setKey().
//
//   Events: 'state' (detail: { state, error? }), 'participants', 'local', 'speaker', 'quality'. A device that is
//   unplugged turns its switch off, with a 'local' event (detail: { lost: 'audio' | 'video' }).
//   error of 'failed': what requestToken rejected with, or { code: 'ENCRYPTION_UNSUPPORTED' }.
