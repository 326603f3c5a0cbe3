// Four sensors that publish until they are stopped, so that somebody who has none sees what the console does with them.
// Values wander as real ones do; what is retained is told to be.

import type { OutgoingMessage } from '../../session/client-effects.ts'
import { NO_PROPERTIES } from '../../wire/mqtt/properties.ts'

interface Sensor {
  readonly topic: string
  readonly everyMs: number
  readonly qos: 0 | 1
  readonly retain: boolean
  readonly next: (before: number, random: () => number) => number
  readonly first: number
  readonly payload: (value: number, n: number) => string
}

const ENCODER = new TextEncoder()

const wander =
  (step: number, low: number, high: number) =>
  (before: number, random: () => number): number =>
    Math.min(high, Math.max(low, before + (random() - 0.5) * 2 * step))

const SENSORS: readonly Sensor[] = [
  {
    topic: 'demo/living_room/temperature',
    everyMs: 1000,
    qos: 1,
    retain: true,
    first: 21.4,
    next: wander(0.25, 18, 26),
    payload: (value, n) => JSON.stringify({ t: Number(value.toFixed(2)), unit: '°C', seq: n, battery: 3.02 }),
  },
  {
    topic: 'demo/living_room/humidity',
    everyMs: 2000,
    qos: 0,
    retain: false,
    first: 46,
    next: wander(0.8, 30, 60),
    payload: (value) => `${value.toFixed(1)} %`,
  },
  { topic: 'demo/kitchen/co2', everyMs: 1500, qos: 0, retain: false, first: 640, next: wander(18, 420, 1200), payload: (value) => `${Math.round(value)} ppm` },
  {
    topic: 'demo/kitchen/window',
    everyMs: 5000,
    qos: 1,
    retain: true,
    first: 0,
    next: (before, random) => (random() < 0.4 ? 1 - before : before),
    payload: (value) => (value === 1 ? 'open' : 'closed'),
  },
]

export class DemoSensors {
  #cancels: (() => void)[] = []

  get isRunning(): boolean {
    return this.#cancels.length > 0
  }

  start(publish: (message: OutgoingMessage) => void, after: (ms: number, action: () => void) => () => void, random: () => number): void {
    this.stop()
    for (const [index, sensor] of SENSORS.entries()) {
      let value = sensor.first
      let n = 0
      const tick = (): void => {
        value = sensor.next(value, random)
        const payload = ENCODER.encode(sensor.payload(value, ++n))
        publish({ topicName: sensor.topic, payload, qos: sensor.qos, retain: sensor.retain, properties: NO_PROPERTIES })
        this.#cancels[index] = after(sensor.everyMs, tick)
      }
      this.#cancels[index] = after(index * 40, tick)
    }
  }

  stop(): void {
    for (const cancel of this.#cancels) cancel()
    this.#cancels = []
  }
}
