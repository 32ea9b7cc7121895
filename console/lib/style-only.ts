/**
 * Until it is given back, new elements take styles by script alone: a `<style>` element is a style
 * sheet that was made by script, and a `style` attribute is set through the object model. The
 * terminal writes both as text, which the content security policy forbids, as it cannot tell it from
 * injected text; and it asks the page's own document for elements, whatever other it is given.
 */
export function keepStyleOnly(document: Document): () => void {
  const override = (tag: string) => createElement(document, tag);
  Object.defineProperty(document, "createElement", { value: override, configurable: true });
  // What stood there before is inherited.
  return () => void Reflect.deleteProperty(document, "createElement");
}

function createElement(document: Document, tag: string): HTMLElement {
  const isStyle = tag.toLowerCase() === "style";
  const element = Document.prototype.createElement.call(document, isStyle ? "span" : tag);
  if (isStyle) return asSheet(document, element);
  element.setAttribute = (name, value) => {
    if (name === "style") element.style.cssText = value;
    else Element.prototype.setAttribute.call(element, name, value);
  };
  return element;
}

function asSheet(document: Document, element: HTMLElement): HTMLElement {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  element.hidden = true;
  Object.defineProperty(element, "textContent", {
    get: () => "",
    set: (rules: string) => {
      sheet.replaceSync(rules);
    },
  });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((it) => it !== sheet);
    HTMLElement.prototype.remove.call(element);
  };
  return element;
}
