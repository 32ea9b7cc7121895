/** Where sentences go: those about what happens, and those that were asked for. */
export type Out = { readonly note: (text: string) => void; readonly line: (text: string) => void };
