// Where a value of the configuration was written: file, line and words, kept beside the values.
// For `config explain`, the access tester, and log lines that name the line to change.

/** A place in a configuration file. Line 0 = not a file's line: `file` then says what it is, such as an environment variable. */
export interface Origin {
  readonly file: string
  /** From 1. */
  readonly line: number
}

/** One option as it was written, in the section it applies to. */
export interface Setting extends Origin {
  /** The option's name in the table; its alias, if one was written, is not kept. */
  readonly option: string
  /** As written, without blanks around it. */
  readonly value: string
}

/** The line that decides: the last one that sets this option; null when none does and the default holds. */
export function settingOf(settings: readonly Setting[], option: string): Setting | null {
  return settings.findLast((setting) => setting.option === option) ?? null
}

/** `FILE:LINE`, `default`, or the name of what else set it. */
export function placeOf(origin: Origin | null): string {
  if (origin === null) return 'default'
  return origin.line === 0 ? origin.file : `${origin.file}:${origin.line}`
}

/**
 * The line that decides for the clients of a listener: the listener's own, else, unless `per_listener_settings` keeps them apart, that of the whole
 * broker. Null = the default holds. `option` by its name in the table; `listener_allow_anonymous` and `listener_auto_id_prefix` count for theirs.
 */
export function decidingSetting(
  configuration: { readonly settings: readonly Setting[]; readonly perListenerSettings: boolean },
  listener: { readonly settings: readonly Setting[] },
  option: string,
): Setting | null {
  const own = settingOf(listener.settings, `listener_${option}`) ?? settingOf(listener.settings, option)
  return own ?? (configuration.perListenerSettings ? null : settingOf(configuration.settings, option))
}
