// Before the first paint: the remembered theme and language, so that nothing flashes. Runs blocking, so it is tiny.
(function () {
  var language = /^zh/i.test(navigator.language) ? 'zh' : 'en';
  try {
    var theme = localStorage.getItem('weft.theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
    language = localStorage.getItem('weft.language') || language;
  } catch {
    // No storage: the system's choice it is.
  }
  if (language === 'zh') document.documentElement.lang = 'zh-CN';

  // A file that did not arrive, or a browser too old to read it: nothing else could say so on an empty page.
  addEventListener(
    'error',
    function (event) {
      var page = document.getElementById('app');
      var file = event.target && event.target.tagName;
      if (!page || page.firstChild || (file && file !== 'SCRIPT')) return;
      var zh = language === 'zh';
      var box = document.createElement('div');
      box.setAttribute('role', 'alert');
      box.style.cssText =
        'max-width:32rem;margin:20vh auto 0;padding:1rem;font:16px/1.5 system-ui,sans-serif';
      var title = document.createElement('h1');
      title.style.cssText = 'font-size:20px;margin:0 0 8px';
      title.textContent = zh ? 'Weft 没能加载' : 'Weft could not be loaded';
      var text = document.createElement('p');
      text.style.cssText = 'margin:0 0 16px';
      text.textContent = zh
        ? '可能是加载到一半断了网，也可能是浏览器版本太旧。有网络时再试一次；还是不行，就换新版的浏览器。'
        : 'The network went away half-way, or this browser is too old for it. Try again when there is a network; if that does not help, use a newer browser.';
      var again = document.createElement('button');
      again.type = 'button';
      again.style.cssText = 'font:inherit;padding:8px 16px;border:1px solid;border-radius:6px';
      again.textContent = zh ? '再试一次' : 'Try again';
      again.onclick = function () {
        location.reload();
      };
      box.appendChild(title);
      box.appendChild(text);
      box.appendChild(again);
      page.appendChild(box);
    },
    true,
  );
})();
