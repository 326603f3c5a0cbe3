// The drawings of the console, 16 by 16, in lines of the text's colour; and the logo.
// Drawn inline: no sprite to load, nothing in the page's source that a policy must allow.

import type { JSX } from 'preact'

/** What a drawing is made of: paths, rectangles (x y w h r), circles (x y r). */
interface Drawing {
  readonly paths?: readonly string[]
  readonly boxes?: readonly (readonly [number, number, number, number, number])[]
  readonly circles?: readonly (readonly [number, number, number])[]
}

const line = (...paths: readonly string[]): Drawing => ({ paths })

const DRAWINGS = {
  topics: {
    paths: ['M3.5 2.5v9A1.5 1.5 0 0 0 5 13h2M3.5 6.5H7'],
    boxes: [
      [8, 4.5, 5.5, 4, 1],
      [8, 11, 5.5, 3.5, 1],
    ],
  },
  messages: line('M2.5 4h11M2.5 8h11M2.5 12h7'),
  packets: { paths: ['M2 9.5h4M2 13h4M8.5 9.5H14M8.5 13H14'], boxes: [[2, 2.5, 12, 4, 1]] },
  ladder: line('M3 2v12M13 2v12M3 5h7.5M8.5 3l2 2-2 2M13 11H5.5M7.5 9l-2 2 2 2'),
  broker: line('M1.5 8.5h3L6.5 3l3 10 2-4.5h3'),
  clients: {
    paths: ['M4.5 7.5V11H9M11.5 8.5V5H7'],
    boxes: [
      [2, 2.5, 5, 5, 1],
      [9, 8.5, 5, 5, 1],
    ],
  },
  learn: line('M8 4.2C6.5 3 4.5 2.8 2 2.8v9.7c2.5 0 4.5.2 6 1.4 1.5-1.2 3.5-1.4 6-1.4V2.8c-2.5 0-4.5.2-6 1.4zM8 4.2v9.7'),
  search: { paths: ['m10.2 10.2 3.3 3.3'], circles: [[7, 7, 4.2]] },
  plus: line('M8 3v10M3 8h10'),
  minus: line('M3 8h10'),
  pause: line('M5.5 3.5v9M10.5 3.5v9'),
  play: line('M5 3.2v9.6L12.5 8z'),
  next: line('M4 3.2v9.6L10.5 8zM12.5 3.5v9'),
  previous: line('M12 3.2v9.6L5.5 8zM3.5 3.5v9'),
  pin: line('M6 2.5h4l-.5 4L12 9H4l2.5-2.5zM8 9v5'),
  copy: { paths: ['M10.5 5.5v-2a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h2'], boxes: [[5.5, 5.5, 8, 8, 1.5]] },
  close: line('m4 4 8 8M12 4l-8 8'),
  down: line('m4 6 4 4 4-4'),
  up: line('m4 10 4-4 4 4'),
  right: line('m6 4 4 4-4 4'),
  left: line('m10 4-4 4 4 4'),
  filter: line('M2 3.5h12L9.4 8.8v4.4l-2.8-1.4v-3z'),
  sun: {
    paths: ['M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9'],
    circles: [[8, 8, 2.8]],
  },
  moon: line('M13 9.8A5.5 5.5 0 0 1 6.2 3a5.5 5.5 0 1 0 6.8 6.8z'),
  contrast: { paths: ['M8 2.2v11.6M8 4.5h4.6M8 8h5.8M8 11.5h4.6'], circles: [[8, 8, 5.8]] },
  download: line('M8 2.5V10M5 7l3 3 3-3M2.5 13.5h11'),
  upload: line('M8 10V2.5M5 5.5l3-3 3 3M2.5 13.5h11'),
  lock: { paths: ['M5.3 7V5a2.7 2.7 0 0 1 5.4 0v2'], boxes: [[3, 7, 10, 6.5, 1.2]] },
  bell: line('M4 11V7a4 4 0 0 1 8 0v4l1.2 1.2H2.8zM6.8 14h2.4'),
  mute: line('M4 11V7a4 4 0 0 1 6.600-3M12 7v4l1.2 1.2H5M6.8 14h2.4M2.5 13.500l11-11'),
  mask: { paths: ['M2 8s2.200-4 6-4 6 4 6 4-2.200 4-6 4-6-4-6-4zM2.500 13.500l11-11'], circles: [[8, 8, 1.6]] },
  send: line('M14 2 2 7l4.8 2.2L9 14zM14 2 6.8 9.2'),
  trash: line('M3 4.5h10M6.5 4.5V3h3v1.5M4.3 4.5l.6 9h6.2l.6-9'),
  bolt: line('M9 1.8 3.5 9H8l-1 5.2L12.5 7H8z'),
  check: line('m3.5 8.3 3 3 6-6.5'),
  warn: line('M8 2.5 14.5 13.5h-13zM8 6.5v3.2M8 11.4v.2'),
  info: { paths: ['M8 7.5V11M8 5.2v.2'], circles: [[8, 8, 5.8]] },
  in: line('M13 8H4M7.5 4.5 4 8l3.5 3.5'),
  out: line('M3 8h9M8.5 4.5 12 8l-3.5 3.5'),
  sort: line('M5 3v10M2.5 10.5 5 13l2.5-2.5M11 13V3M8.5 5.5 11 3l2.5 2.5'),
  more: {
    circles: [
      [3.5, 8, 0.6],
      [8, 8, 0.6],
      [12.5, 8, 0.6],
    ],
  },
  chart: line('M2.5 2.5v11h11M5 10l2.5-3 2 1.500L13 4.5'),
  disk: line('M3 2.5h8L13.5 5v8.500H3zM5.5 2.500V6h5V2.500M5.5 13.500v-4h5v4'),
  folder: line('M2 4.500a1 1 0 0 1 1-1h3L7.5 5H13a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1z'),
  star: line('m8 2 1.8 3.9 4.2.5-3.1 2.9.8 4.200L8 11.400l-3.7 2.1.8-4.200L2 6.400l4.2-.5z'),
  retain: line('M4.5 2.500h7v11L8 10.800l-3.5 2.700z'),
  terminal: { paths: ['m4.8 6 2 2-2 2M8.5 10h2.7'], boxes: [[2, 3, 12, 10, 1.2]] },
  link: line('M6.8 9.200a2.6 2.6 0 0 0 3.7 0l2-2a2.6 2.6 0 0 0-3.7-3.700l-.9.9M9.2 6.800a2.6 2.6 0 0 0-3.7 0l-2 2a2.6 2.6 0 0 0 3.7 3.700l.9-.9'),
  gear: {
    paths: ['M8 2v2M8 12v2M2 8h2M12 8h2M3.8 3.800l1.4 1.400M10.8 10.800l1.4 1.400M12.2 3.800l-1.4 1.400M5.2 10.800l-1.4 1.4'],
    circles: [[8, 8, 2.2]],
  },
  repeat: line('M3 7V6a2 2 0 0 1 2-2h7.500M10.5 2l2 2-2 2M13 9v1a2 2 0 0 1-2 2H3.500M5.5 14l-2-2 2-2'),
  clock: { paths: ['M8 4.800V8l2.2 1.5'], circles: [[8, 8, 5.8]] },
  menu: line('M2.5 4.500h11M2.5 8h11M2.5 11.500h11'),
  scissors: {
    paths: ['M6.2 5.6 13.5 11M6.2 10.4 13.5 5'],
    circles: [
      [4.5, 4.5, 2],
      [4.5, 11.5, 2],
    ],
  },
  keyboard: { paths: ['M4.5 7h.01M7 7h.01M9.5 7h.01M12 7h-.01M5 9.800h6'], boxes: [[1.5, 4, 13, 8.5, 1.2]] },
} as const satisfies Readonly<Record<string, Drawing>>

export type IconName = keyof typeof DRAWINGS

export function Icon({ name, class: added = '' }: { readonly name: IconName; readonly class?: string }): JSX.Element {
  const { paths = [], boxes = [], circles = [] }: Drawing = DRAWINGS[name]
  return (
    <svg class={`icon ${added}`} viewBox="0 0 16 16" aria-hidden="true">
      {boxes.map(([x, y, width, height, rx]) => (
        <rect key={`${x} ${y}`} x={x} y={y} width={width} height={height} rx={rx} />
      ))}
      {circles.map(([x, y, r]) => (
        <circle key={`${x} ${y}`} cx={x} cy={y} r={r} />
      ))}
      {paths.map((path) => (
        <path key={path} d={path} />
      ))}
    </svg>
  )
}

/** A Z that is a mosquito: wing, body and leg, and the proboscis that runs out of the corner. */
export function Logo(): JSX.Element {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <path class="logo-wing" d="M3.5 9.500C9 3 20 1.8 28.5 5.8 22.5 12.4 10.5 14 3.5 9.500z" />
      <g fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round">
        <path stroke-width="4" d="M27 6.5 8 24" />
        <path stroke-width="3" d="M10.5 22H21l6 6" />
        <path stroke-width="2.2" d="M8 24 3.2 29" />
      </g>
    </svg>
  )
}
