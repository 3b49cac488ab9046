import path from 'node:path'
import type { Container } from '../apis/core/v1.ts'
import { AppError } from '../common/errors.ts'

/**
 * What stands for an image on this machine: `self`, this project's own executable; `web`, a small web server; `host`, any
 * program of this machine.
 */
export type ImageKind = 'self' | 'web' | 'host'

export interface ImagesOptions {
  /** Names of images without tags, such as `quay.io/open-cluster-management/cluster-proxy`, by what stands for them. */
  readonly names: Readonly<Record<ImageKind, readonly string[]>>
  /** Node with its flags. */
  readonly node: readonly string[]
  /** This project's entry for Node: what `bin/cluster-proxy` starts. */
  readonly self: string
  /** Variables for programs of ours, which a Pod's own go before. @default none */
  readonly environment?: Readonly<Record<string, string>>
}

/** The processes of ours that are programs of their own in images, by their file names there. */
const PROGRAMS: readonly string[] = [
  'proxy-server',
  'proxy-agent',
  'controlplane',
  'registration-operator',
  'registration',
  'work',
  'placement',
  'addon',
]

const SELF = 'cluster-proxy'
/** Is in this project's image: programs that use its packages are run by it. */
const NODE = 'node'
const WEB_SERVER = path.join(import.meta.dirname, 'web-server.ts')

/** An image that this cluster cannot run. The message says what it can. */
export class ImageError extends AppError {
  constructor(reference: string) {
    super(
      'ERR_IMAGE',
      `image ${JSON.stringify(reference)} cannot be run: this cluster pulls no images, it runs those of this project as local ` +
        `processes; to run the commands of another image on this machine, start the cluster with --host-image=${imageName(reference)}`,
    )
  }
}

/** Which images there are, and what they are on this machine. */
export class Images {
  readonly #kinds = new Map<string, ImageKind>()
  readonly #options: ImagesOptions

  constructor(options: ImagesOptions) {
    this.#options = options
    for (const kind of ['host', 'web', 'self'] as const) {
      for (const name of options.names[kind]) this.#kinds.set(imageName(name), kind)
    }
  }

  /** @throws ImageError */
  find(reference: string): Image {
    const name = imageName(reference)
    const kind = this.#kinds.get(name)
    if (!kind) throw new ImageError(reference)
    return new Image(name, kind, this.#options)
  }
}

type ImageUse = Pick<Container, 'command' | 'args' | 'ports'>

export class Image {
  readonly name: string
  readonly kind: ImageKind
  readonly #options: ImagesOptions

  constructor(name: string, kind: ImageKind, options: ImagesOptions) {
    this.name = name
    this.kind = kind
    this.#options = options
  }

  /** What a Pod's status says is run. */
  get id(): string {
    return `process://${this.kind}/${this.name}`
  }

  /** What a container of it has in its environment, unless the Pod says otherwise. */
  get environment(): Readonly<Record<string, string>> {
    return this.kind === 'host' ? {} : (this.#options.environment ?? {})
  }

  /**
   * The words to run for a container, whose references to variables have been replaced.
   *
   * @param nodeArguments for programs of ours
   */
  program(container: ImageUse, nodeArguments: readonly string[]): readonly string[] {
    const { command = [], args = [], ports = [] } = container
    switch (this.kind) {
      case 'self':
        return this.translate(command.length > 0 ? [...command, ...args] : [SELF, ...args], nodeArguments)
      case 'web': {
        if (command.length > 0) return [...command, ...args]
        const numbers = ports.map(({ containerPort }) => String(containerPort))
        return [...this.#options.node, ...nodeArguments, WEB_SERVER, ...numbers]
      }
      case 'host':
        return command.length + args.length > 0 ? [...command, ...args] : ['/bin/sh']
    }
  }

  /** A command line with a program of this project's in place of one that is in the image; any other is this machine's. */
  translate(words: readonly string[], nodeArguments: readonly string[]): readonly string[] {
    const [program = '', ...args] = words
    if (this.kind !== 'self') return words
    const name = path.posix.basename(program)
    const node = [...this.#options.node, ...nodeArguments]
    if (name === NODE) return [...node, ...args]
    const ours = [...node, this.#options.self]
    if (name === SELF) return [...ours, ...args]
    return PROGRAMS.includes(name) ? [...ours, name, ...args] : words
  }
}

/** A reference without tag and digest, and without what the names of Docker's own images may be written with. */
export function imageName(reference: string): string {
  const [withoutDigest = ''] = reference.split('@')
  return withoutDigest
    .replace(/:[^/:]*$/, '')
    .replace(/^(?:index\.)?docker\.io\//, '')
    .replace(/^library\//, '')
}
