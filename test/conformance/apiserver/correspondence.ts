import { isJsonObject } from '../../../src/controlplane/api/json.ts'

/** Volumes that the server adds to Pods. */
const TOKEN_VOLUME = /^kube-api-access-\w+$/
/** Values that a server chooses, by the keys under which they stand. */
const CHOSEN = ['uid', 'resourceVersion', 'continue', 'clusterIP']
/** Of these, some stand within texts too. */
const WITHIN_TEXTS = ['uid', 'name', 'clusterIP']
/** Where versions stand within texts: queries and messages. */
const NAMED_IN_TEXT = /\b(resourceVersion=|continue=|current: )([^&]+)/g

/**
 * What a server has chosen where the recorded one chose something else: uids, versions, generated names, addresses. Learned from each
 * pair of answers, so that later requests can name ours, and later answers must name the same again.
 */
export class Correspondence {
  readonly #ours = new Map<string, unknown>()
  /** Uids and generated names also stand within texts. */
  readonly #texts = new Map<string, string>()

  /** Learns what is new in an answer. */
  learn(recorded: unknown, ours: unknown): void {
    if (Array.isArray(recorded) && Array.isArray(ours)) {
      for (const [index, each] of recorded.entries()) this.learn(each, ours[index])
    } else if (isJsonObject(recorded) && isJsonObject(ours)) {
      for (const [key, each] of Object.entries(recorded)) this.#learnValue(recorded, key, each, ours[key])
    }
  }

  /** What the recorded value would be on our server. */
  translate(recorded: unknown, key = ''): unknown {
    if (Array.isArray(recorded)) return recorded.map((each) => this.translate(each, singular(key)))
    if (isJsonObject(recorded)) {
      return Object.fromEntries(
        Object.entries(recorded).map(([name, each]) => [name, this.translate(each, name)]),
      )
    }
    const known = this.#ours.get(`${key}=${recorded}`)
    if (known !== undefined) return known
    return typeof recorded === 'string' ? this.translateText(recorded) : recorded
  }

  /** For a path with its query, or a message. */
  translateText(recorded: string): string {
    let text = recorded
    for (const [theirs, ours] of this.#texts) text = text.replaceAll(theirs, ours)
    return text.replace(NAMED_IN_TEXT, (match, label: string, value: string) => {
      const known = this.#ours.get(
        `${label.startsWith('continue') ? 'continue' : 'resourceVersion'}=${value}`,
      )
      return known === undefined ? match : `${label}${known}`
    })
  }

  #learnValue(object: Record<string, unknown>, key: string, recorded: unknown, ours: unknown): void {
    if (Array.isArray(recorded) || isJsonObject(recorded)) {
      if (CHOSEN.includes(singular(key)) && Array.isArray(ours)) {
        for (const [index, each] of (recorded as unknown[]).entries())
          this.#remember(singular(key), each, ours[index])
      } else this.learn(recorded, ours)
      return
    }
    const isGenerated =
      key === 'name' && (object.generateName !== undefined || TOKEN_VOLUME.test(String(recorded)))
    if (CHOSEN.includes(key) || isGenerated) this.#remember(key, recorded, ours)
  }

  #remember(key: string, recorded: unknown, ours: unknown): void {
    if (recorded === 'None' || recorded === '' || ours === undefined || typeof ours !== typeof recorded)
      return
    const pair = `${key}=${recorded}`
    if (this.#ours.has(pair)) return
    this.#ours.set(pair, ours)
    if (WITHIN_TEXTS.includes(key)) this.#texts.set(String(recorded), String(ours))
  }
}

/** `clusterIPs` is of what `clusterIP` is one. */
function singular(key: string): string {
  return key.endsWith('IPs') ? key.slice(0, -1) : key
}
