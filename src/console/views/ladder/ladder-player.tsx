// Steps through a ladder: back, on, play at a tenth, the same or ten times the speed; the bar shows where trouble is.
// Pauses are shortened while playing: nobody watches a clock.

import './ladder-player.css'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { IconButton } from '../../parts/button.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Segmented } from '../../parts/tabs.tsx'
import type { LadderModel } from './ladder-model.ts'
import type { LadderWords } from './ladder-words.ts'

export type Speed = '0.1' | '1' | '10'

export interface LadderPlayerProps {
  readonly model: LadderModel
  readonly words: LadderWords
  readonly at: number
  readonly isPlaying: boolean
  readonly speed: Speed
  readonly onStep: (at: number) => void
  readonly onPlay: (isPlaying: boolean) => void
  readonly onSpeed: (speed: Speed) => void
}

/** Milliseconds between two steps, whatever the capture says. */
const SHORTEST = 180
const LONGEST = 1600

export function LadderPlayer({ model, words, at, isPlaying, speed, onStep, onPlay, onSpeed }: LadderPlayerProps): JSX.Element {
  const { steps } = model
  const last = steps.length - 1
  useEffect(() => {
    if (!isPlaying) return
    if (at >= last) {
      onPlay(false)
      return
    }
    const wait = ((steps[at + 1]!.time - (steps[at]?.time ?? steps[at + 1]!.time)) * 1000) / Number(speed)
    const timer = setTimeout(() => onStep(at + 1), Math.min(LONGEST, Math.max(SHORTEST, wait)))
    return () => clearTimeout(timer)
  }, [isPlaying, at, speed, model])
  const play = (): void => {
    if (!isPlaying && at >= last) onStep(0)
    onPlay(!isPlaying)
  }
  return (
    <div class="player">
      <IconButton icon="previous" label={words.previous} disabled={at <= 0} onClick={() => onStep(at - 1)} />
      <button type="button" class="player-play" aria-label={isPlaying ? words.pause : words.play} title={isPlaying ? words.pause : words.play} onClick={play}>
        <Icon name={isPlaying ? 'pause' : 'play'} />
      </button>
      <IconButton icon="next" label={words.next} disabled={at >= last} onClick={() => onStep(at + 1)} />
      <div class="player-track">
        <svg class="player-ticks" role="presentation" aria-hidden="true" preserveAspectRatio="none" viewBox="0 0 1000 10">
          {steps.map((step, i) => {
            const isTrouble = step.isLost || step.isUnanswered
            const x = last === 0 ? 0 : (i / last) * 1000
            return step.message.dup || isTrouble || step.isSecond || step.message.type === 1 ? (
              <rect
                key={step.message.id}
                class={isTrouble ? 'player-trouble' : 'player-tick'}
                x={x - 1.5}
                y={isTrouble ? 0 : 4}
                width={3}
                height={isTrouble ? 10 : 6}
              />
            ) : null
          })}
        </svg>
        <input
          type="range"
          class="player-range"
          min={0}
          max={Math.max(0, last)}
          value={Math.max(0, at)}
          aria-label={words.position}
          aria-valuetext={words.at(at + 1, steps.length)}
          style={{ '--share': `${last <= 0 ? 0 : (Math.max(0, at) / last) * 100}%` }}
          onInput={(event) => onStep(Number(event.currentTarget.value))}
        />
      </div>
      <span class="player-at num wide-only">{words.at(at + 1, steps.length)}</span>
      <span class="wide-only">
        <Segmented label={words.speed} options={(['0.1', '1', '10'] as const).map((id) => ({ id, label: `${id}×` }))} value={speed} onChange={onSpeed} />
      </span>
    </div>
  )
}
