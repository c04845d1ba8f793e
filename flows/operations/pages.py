"""What is mended in the pages of Prefect's two UIs, after the server has unpacked them."""

from flows.settings import Settings, ui_pages
from flows.whole_files import write_whole

# The V2 pages call an analytics host, whatever the server's switches say: browsers must refuse.
_AT_HOME = """<meta http-equiv="Content-Security-Policy" content="connect-src 'self'">"""
# In the V1 pages a click on a list is taken by its button and by the frame around it: it opens and closes at once.
_LISTS = (
    "<style>.p-select-button__control{pointer-events:none}.p-select-button__control *{pointer-events:none}"
    ".p-select-button__control .p-tag *{pointer-events:auto}</style>"
)
# Where the database is busy with another writer the server has done nothing and says 503. Clients ask again by
# themselves; the pages show an error and lose what was typed. V2 asks by fetch, V1 by XMLHttpRequest.
_ASK_AGAIN = """<script>
(() => {
  const pauses = [500, 1000, 2000, 4000], busy = 503, ask = window.fetch;
  window.fetch = async (...given) => {
    const wanted = new Request(...given);
    for (const pause of pauses) {
      const answer = await ask(wanted.clone());
      if (answer.status !== busy) return answer;
      await new Promise(over => setTimeout(over, pause));
    }
    return ask(wanted);
  };
  const {open, send, setRequestHeader} = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (...given) {
    this.asked = {given, headers: [], times: 0};
    return open.apply(this, given);
  };
  XMLHttpRequest.prototype.setRequestHeader = function (...header) {
    this.asked.headers.push(header);
    return setRequestHeader.apply(this, header);
  };
  XMLHttpRequest.prototype.send = function (body) {
    const told = this.onloadend;
    if (told) this.onloadend = event => {
      const pause = this.status === busy ? pauses[this.asked.times++] : undefined;
      if (pause === undefined) return told.call(this, event);
      setTimeout(() => {
        open.apply(this, this.asked.given);
        this.asked.headers.forEach(header => setRequestHeader.apply(this, header));
        send.call(this, body);
      }, pause);
    };
    return send.call(this, body);
  };
})();
</script>"""
_REPAIRS = (_AT_HOME, _LISTS, _ASK_AGAIN)


def mend_pages(settings: Settings) -> None:
    """Forbid the pages to call anyone but their own server, mend their lists, have them ask a busy server again.

    Pages that are mended already stay as they are.
    """
    for page in ui_pages(settings).glob("*/index.html"):
        text = page.read_text(encoding="utf-8")
        missing = "".join(part for part in _REPAIRS if part not in text)
        if missing:
            write_whole(page, text.replace("<head>", f"<head>{missing}", 1))
