/** What operations are called by begins with one of these. */
const VERBS = ['create', 'read', 'list', 'replace', 'patch', 'delete', 'connect', 'get'] as const

/**
 * The id and the tag of an operation: the group and version of its path come behind the verb of its name, so that no two
 * operations have the same id (k8s.io/apiserver, GetOperationIDAndTags).
 */
export function operationIdAndTag(name: string, path: string): { readonly id: string; readonly tag: string } {
  const verb = VERBS.find((each) => name.startsWith(each))
  if (!verb) throw new Error(`no verb begins the operation name ${JSON.stringify(name)}`)
  const segments = path.split('/').filter((each) => each !== '')
  const [root = '', group = '', version] = segments[0] === 'api' ? ['apis', 'core', segments[1]] : segments
  const rest = identifier(name.slice(verb.length), true)
  if (root !== 'apis' || group === '') return { id: verb + rest, tag: identifier(root, false) }

  const short = group.replace(/\.k8s\.io$/, '')
  const prefix = verb + identifier(short, true)
  if (version === undefined) return { id: prefix + rest, tag: identifier(short, false) }
  return {
    id: prefix + identifier(version, true) + rest,
    tag: `${identifier(short, false)}_${identifier(version, false)}`,
  }
}

/** Letters and digits only; a letter behind anything else is a capital. */
function identifier(text: string, capital: boolean): string {
  const words = text.split(/[^\p{L}\p{Nd}_]+/u)
  return words.map((word, index) => (index > 0 || capital ? capitalized(word) : word)).join('')
}

export function capitalized(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1)
}

/** As in "create a Pod", "create an Ingress", "create Endpoints". */
export function withArticle(noun: string): string {
  if (noun.endsWith('s') && !noun.endsWith('ss')) return noun
  return `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`
}
