// /timetable and /timetable/ are /timetable/index.html. The root itself is the distribution's
// default root object.
function handler(event) {
  var request = event.request;
  if (request.uri === '/') {
    return request;
  }
  if (request.uri.endsWith('/')) {
    request.uri += 'index.html';
  } else if (!request.uri.slice(request.uri.lastIndexOf('/')).includes('.')) {
    request.uri += '/index.html';
  }
  return request;
}
