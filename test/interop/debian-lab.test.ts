// The lab with Debian's mosquitto_pub and mosquitto_sub against our broker, over TCP and TLS (they have no WebSocket).
// Same steps as test/lab. Debian's mosquitto_sub holds its output back on a pipe: stdbuf makes it come line by line.

import { CommandKit } from '../lab/command-kit.ts'
import { exercises } from '../lab/exercises.ts'
import { withTools } from '../support/require-tools.ts'

withTools(['mosquitto_pub', 'mosquitto_sub'], ({ mosquitto_pub: pub, mosquitto_sub: sub }) => {
  exercises(new CommandKit("Debian's mosquitto_pub and mosquitto_sub", ['tcp', 'tls'], [pub], ['stdbuf', '-oL', sub]))
})
