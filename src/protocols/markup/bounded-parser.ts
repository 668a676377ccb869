/** A parser of HTML and XML that takes linear time, however deep their elements are nested. */
import { type Handler, Parser, type ParserOptions } from "htmlparser2";

/** Depth of nested elements. Tables in mails reach fifty; a tag that is opened or closed searches or moves the list of all open ones. */
const MAX_DEPTH = 500;

/** Their content is not displayed, and has no elements: they are known at any depth. */
const textOnly: ReadonlySet<string> = new Set(["script", "style"]);

/** Elements deeper than `MAX_DEPTH` are taken as empty ones, with their content behind them. */
export class BoundedParser extends Parser {
  readonly #open: { count: number };
  /** Elements around the tag that is read. */
  #depth = 0;
  #isTooDeep = false;

  constructor(handler: Partial<Handler>, options?: ParserOptions) {
    const open = { count: 0 };
    super(
      {
        ...handler,
        onopentagname(name) {
          open.count++;
          handler.onopentagname?.(name);
        },
        onclosetag(name, isImplied) {
          open.count--;
          handler.onclosetag?.(name, isImplied);
        },
      },
      options,
    );
    this.#open = open;
  }

  /** True when some were taken so. */
  get isTooDeep(): boolean {
    return this.#isTooDeep;
  }

  /** What has no end tag, whatever the depth. */
  isVoid(name: string): boolean {
    return super.isVoidElement(name);
  }

  override onopentagname(start: number, endIndex: number): void {
    this.#depth = this.#open.count;
    this.#isTooDeep ||= this.#depth >= MAX_DEPTH;
    super.onopentagname(start, endIndex);
  }

  override onclosetag(start: number, endIndex: number): void {
    this.#depth = 0;
    super.onclosetag(start, endIndex);
  }

  protected override isVoidElement(name: string): boolean {
    const most = textOnly.has(name) ? MAX_DEPTH + 1 : MAX_DEPTH;
    return this.#depth >= most || super.isVoidElement(name);
  }
}
