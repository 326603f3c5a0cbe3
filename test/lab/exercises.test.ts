// The lab with our own commands and library, and MQTT.js. Exercise 10 is the WebSocket rows; exercise 5's lost PUBACK is in test/conformance.
// Exercise 1 and Debian's clients: broker-log.test.ts, test/interop.

import { builtProgram } from '../support/built.ts'
import { CommandKit } from './command-kit.ts'
import { exercises } from './exercises.ts'
import { LibraryKit } from './library-kit.ts'
import { MqttJsKit } from './mqttjs-kit.ts'

const command = (word: string): string[] => [process.execPath, builtProgram(), word]

exercises(new MqttJsKit())
exercises(new LibraryKit('our library', ['tcp', 'tls', 'ws']))
exercises(new CommandKit('zanzara pub and sub', ['tcp', 'tls', 'ws'], command('pub'), command('sub')))
