// Brokers that anybody may try, by WebSocket. A list only: none is contacted before the user connects.
// From a page that came by https, browsers allow only the wss:// ones.

export interface Preset {
  readonly name: string
  readonly url: string
  /** What the broker lets one subscribe to. */
  readonly filters: readonly string[]
}

/** Some refuse `#` to everybody: the system's topics and a place of one's own are asked for. */
const POLITE = ['$SYS/#', 'zanzara/#']

export const PRESETS: readonly Preset[] = [
  { name: 'test.mosquitto.org', url: 'wss://test.mosquitto.org:8081/mqtt', filters: POLITE },
  { name: 'broker.hivemq.com', url: 'wss://broker.hivemq.com:8884/mqtt', filters: POLITE },
  { name: 'broker.emqx.io', url: 'wss://broker.emqx.io:8084/mqtt', filters: POLITE },
  { name: 'mqtt.eclipseprojects.io', url: 'wss://mqtt.eclipseprojects.io:443/mqtt', filters: POLITE },
]

export const LOCAL_URL = 'ws://localhost:9001/mqtt'
