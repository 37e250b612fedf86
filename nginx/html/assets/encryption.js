// End-to-end encryption as the page sees it: the meeting's key, and a worker through which every frame goes.
//
//   newKeyText()            16 random bytes as base64url, for the link's fragment (`&key=…`)
//   keyTextValid(text)      is this such a key? (a link that was cut off has none that works)
//   encryptionSupported()   has this browser what it takes? (RTCRtpScriptTransform)
