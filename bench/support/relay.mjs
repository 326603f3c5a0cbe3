// The least that a program in Node can do for a message: read it from one socket, write it to another, acknowledge QoS 1.
// Whole packets in each read and one subscriber are taken for granted; bench/compare-brokers.mjs shows what it costs. Usage: node relay.mjs PORT

import { createServer } from 'node:net'

const PUBLISH = 3

/** @type {import('node:net').Socket | null} */
let subscriber = null

/** Answers by first byte of the request: CONNACK, SUBACK, PINGRESP. */
const ANSWERS = new Map([
  [0x10, () => [0x20, 2, 0, 0]],
  [0x82, (/** @type {Buffer} */ packet) => [0x90, 3, packet[2], packet[3], packet.at(-1) & 3]],
  [0xc0, () => [0xd0, 0]],
])

createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {})
  socket.on('data', (bytes) => {
    if (bytes[0] >> 4 === PUBLISH) {
      subscriber?.write(bytes)
      if ((bytes[0] & 6) === 2) socket.write(acknowledgements(bytes))
      return
    }
    if (bytes[0] === 0x82) subscriber = socket
    const answer = ANSWERS.get(bytes[0])
    if (answer !== undefined) socket.write(Buffer.from(answer(bytes)))
  })
}).listen(Number(process.argv[2]), '127.0.0.1')

/**
 * Of PUBLISH packets shorter than 128 bytes.
 * @param {Buffer} bytes
 */
function acknowledgements(bytes) {
  const answer = []
  for (let at = 0; at < bytes.length; at += 2 + bytes[at + 1]) {
    const id = at + 4 + bytes.readUInt16BE(at + 2)
    answer.push(0x40, 2, bytes[id], bytes[id + 1])
  }
  return Buffer.from(answer)
}
