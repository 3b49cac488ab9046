import { AppError } from '../../common/errors.ts'

/** A container cannot be made as its Pod describes it, until that or what it refers to changes. In kubelet's words. */
export class ContainerConfigError extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_CONTAINER_CONFIG', message, options)
  }
}
